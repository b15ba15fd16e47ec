#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace backstamp {
namespace {

ErrorKind kind_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
      return ErrorKind::refused;
    case ENOSPC:
    case EDQUOT:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::io;
  }
}

std::unexpected<Error> failed(std::string_view verb, const std::filesystem::path& path) {
  const int error_number = errno;
  return std::unexpected(system_error(std::string(verb) + " " + path.string(), error_number));
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error system_error(std::string_view what, int error_number) {
  return Error{kind_of(error_number), std::string(what) + ": " + std::strerror(error_number)};
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("open", path);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return failed("stat", path);
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorKind::invalid, path.string() + ": is a folder, a file is wanted");
  }
  Bytes content;
  if (S_ISREG(status.st_mode) && status.st_size > 0 &&
      static_cast<std::uint64_t>(status.st_size) <= limit_bytes) {
    content.reserve(static_cast<std::size_t>(status.st_size));
  }
  std::uint8_t chunk[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(fd.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return content;
    if (content.size() + static_cast<std::size_t>(got) > limit_bytes) {
      return fail(ErrorKind::limit, path.string() + ": is over the limit of " +
                                        std::to_string(limit_bytes) + " bytes");
    }
    content.insert(content.end(), chunk, chunk + got);
  }
}

Result<void> write_all(int fd, ByteView content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error("write", errno));
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("open", directory);
  if (::fsync(fd.get()) != 0) return failed("fsync", directory);
  return {};
}

Result<void> write_file_durably(const std::filesystem::path& path, ByteView content,
                                unsigned mode) {
  const std::filesystem::path beside =
      path.string() + ".new-" + std::to_string(static_cast<long>(::getpid()));
  ::unlink(beside.c_str());
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return failed("create", beside);
  const auto abandon = [&](std::unexpected<Error> error) {
    ::unlink(beside.c_str());
    return error;
  };
  if (const auto written = write_all(fd.get(), content); !written) {
    return abandon(fail(path.string(), written.error()));
  }
  if (::fsync(fd.get()) != 0) return abandon(failed("fsync", beside));
  if (::rename(beside.c_str(), path.c_str()) != 0) return abandon(failed("rename to", path));
  return sync_directory(folder_of(path));
}

Result<UniqueFd> lock_file(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return failed("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path);
    return fail(ErrorKind::refused,
                path.string() + ": another process holds it; stop that one first");
  }
  return fd;
}

}  // namespace backstamp
