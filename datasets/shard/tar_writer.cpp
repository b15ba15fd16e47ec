#include "datasets/shard/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/limits.h"
#include "datasets/shard/file_digest.h"
#include "datasets/shard/ustar.h"

namespace backstamp::datasets {

struct TarWriter::Impl {
  std::filesystem::path path;
  unsigned mode = 0644;
  UniqueFd fd;
  std::uint64_t written_bytes = 0;
  ShardIndex index;
  std::optional<Error> write_error;  // what libarchive's callback met
  struct archive* tar = nullptr;
  bool given_up = false;  // what libarchive still has to say is not written

  ~Impl() {
    given_up = true;
    if (tar != nullptr) archive_write_free(tar);
  }

  static la_ssize_t on_write(struct archive* tar, void* self, const void* data, size_t size) {
    auto& impl = *static_cast<Impl*>(self);
    if (impl.given_up) return -1;
    const ByteView bytes(static_cast<const std::uint8_t*>(data), size);
    if (auto done = write_all(impl.fd.get(), bytes); !done) {
      impl.write_error = done.error();
      archive_set_error(tar, EIO, "write failed");
      return -1;
    }
    impl.written_bytes += size;
    return static_cast<la_ssize_t>(size);
  }

  std::unexpected<Error> failed(const char* what) const {
    if (write_error) return fail(path.string(), *write_error);
    const char* text = archive_error_string(tar);
    return fail(ErrorKind::io, path.string() + ": " + what + ": " + (text ? text : "failed"));
  }
};

TarWriter::TarWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;
TarWriter::~TarWriter() = default;

std::uint64_t TarWriter::bytes() const {
  return impl_->written_bytes;
}
std::size_t TarWriter::members() const {
  return impl_->index.members.size();
}

Result<TarWriter> TarWriter::create(const std::filesystem::path& path, unsigned mode) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->mode = mode;
  impl->fd = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!impl->fd) return std::unexpected(system_error("open " + path.string(), errno));
  impl->tar = archive_write_new();
  if (impl->tar == nullptr) return fail(ErrorKind::internal, "libarchive: out of memory");
  archive_write_set_format_ustar(impl->tar);
  archive_write_set_bytes_per_block(impl->tar, 0);  // unbuffered: our count is the offset
  if (archive_write_open(impl->tar, impl.get(), nullptr, &Impl::on_write, nullptr) != ARCHIVE_OK) {
    return impl->failed("open");
  }
  return TarWriter(std::move(impl));
}

Result<void> TarWriter::add(const std::string& key, const std::string& extension,
                            ByteView content) {
  Impl& impl = *impl_;
  const std::string name = key + "." + extension;
  if (content.size() > limits::kImageFileBytes) {
    return fail(ErrorKind::limit, impl.path.string() + ": " + name + " is over the limit of size");
  }
  if (impl.index.members.size() == kMembersPerShard) {
    return fail(ErrorKind::limit, impl.path.string() + ": too many members");
  }
  struct archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_mtime(entry, 0, 0);
  const int head = archive_write_header(impl.tar, entry);
  archive_entry_free(entry);
  if (head != ARCHIVE_OK) return impl.failed("header");
  const std::uint64_t offset = impl.written_bytes;
  if (!content.empty() && archive_write_data(impl.tar, content.data(), content.size()) !=
                              static_cast<la_ssize_t>(content.size())) {
    return impl.failed("content");
  }
  if (archive_write_finish_entry(impl.tar) != ARCHIVE_OK) return impl.failed("padding");
  append_member(impl.index, {offset, content.size(), crc32c(content), name, key});
  return {};
}

Result<void> TarWriter::seal() {
  Impl& impl = *impl_;
  constexpr std::array<std::uint8_t, 2 * kTarBlock> kEnd{};
  std::size_t done = 0;
  while (done < kEnd.size()) {
    const ssize_t written = ::pwrite(impl.fd.get(), kEnd.data() + done, kEnd.size() - done,
                                     static_cast<off_t>(impl.written_bytes + done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error("write " + impl.path.string(), errno));
    done += static_cast<std::size_t>(written);
  }
  // So that the fsync at the end has little left to do, and other files' fsyncs do not wait for it.
  (void)::sync_file_range(impl.fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  return {};
}

bool TarWriter::in_place() const {
  struct stat named {};
  struct stat held {};
  return ::stat(impl_->path.c_str(), &named) == 0 && ::fstat(impl_->fd.get(), &held) == 0 &&
         named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

Result<ManifestShard> TarWriter::finish() {
  Impl& impl = *impl_;
  if (archive_write_close(impl.tar) != ARCHIVE_OK) return impl.failed("end");
  if (::fsync(impl.fd.get()) != 0) {
    return std::unexpected(system_error("fsync " + impl.path.string(), errno));
  }
  const std::string file = impl.path.filename().string();
  const std::string text = print_index(impl.index);
  auto saved =
      write_file_durably(impl.path.parent_path() / index_file(file), as_bytes(text), impl.mode);
  if (!saved) return std::unexpected(saved.error());
  auto digest = file_digest(impl.path);
  if (!digest) return std::unexpected(digest.error());
  return ManifestShard{file, impl.written_bytes, impl.index.samples(), std::move(*digest)};
}

}  // namespace backstamp::datasets
