#include "uplink/storage.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace backstamp::uplink {
namespace {

class RealFile final : public StorageFile {
 public:
  RealFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Result<std::size_t> write_some(std::uint64_t offset, ByteView bytes) override {
    for (;;) {
      const ssize_t written =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written > 0) return static_cast<std::size_t>(written);
      if (written == 0) return fail(ErrorKind::io, "write " + name_ + ": nothing was written");
      if (errno != EINTR) return failed("write ");
    }
  }

  Result<void> sync() override {
    // Not tried again after a failure, EINTR aside: the pages may be marked clean by then.
    while (::fdatasync(fd_.get()) != 0)
      if (errno != EINTR) return failed("fdatasync ");
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return failed("truncate ");
    return {};
  }

  Result<void> reserve(std::uint64_t size) override {
    if (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
    return failed("reserve space for ");
  }

 private:
  std::unexpected<Error> failed(const char* verb) const {
    const int number = errno;
    return std::unexpected(system_error(verb + name_, number));
  }

  UniqueFd fd_;
  std::string name_;
};

class RealStorage final : public Storage {
 public:
  Result<std::unique_ptr<StorageFile>> open(const std::filesystem::path& path,
                                            bool create) override {
    const int flags = O_WRONLY | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0);
    UniqueFd fd(::open(path.c_str(), flags, 0640));
    if (!fd) return std::unexpected(system_error("open " + path.string(), errno));
    return std::make_unique<RealFile>(std::move(fd), path.string());
  }

  Result<void> sync_directory(const std::filesystem::path& directory) override {
    return backstamp::sync_directory(directory);
  }

  Result<void> remove(const std::filesystem::path& path) override {
    if (::unlink(path.c_str()) != 0)
      return std::unexpected(system_error("remove " + path.string(), errno));
    return {};
  }
};

}  // namespace

std::shared_ptr<Storage> real_storage() {
  return std::make_shared<RealStorage>();
}

Result<void> write_fully(StorageFile& file, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = file.write_some(offset, bytes);
    if (!written) return std::unexpected(written.error());
    offset += *written;
    bytes = bytes.subspan(*written);
  }
  return {};
}

}  // namespace backstamp::uplink
