// Files, descriptors and what it takes to have bytes on stable storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp {

/// Owns a file descriptor and closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Gives the descriptor up without closing it.
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// The whole file. Fails: not_found, limit (more than `limit_bytes`), io.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit_bytes);

/// Replaces `path` so that after a crash either the old or the new content is there: written
/// beside it, fsynced, renamed, the directory fsynced. `mode` is the permission of the new file.
Result<void> write_file_durably(const std::filesystem::path& path, ByteView content,
                                unsigned mode = 0644);

/// Writes all of `content` to `fd` at its position, across short writes and EINTR.
Result<void> write_all(int fd, ByteView content);

/// fsync of a directory, so that a created or renamed entry survives a power cut.
Result<void> sync_directory(const std::filesystem::path& directory);

/// An exclusive lock on `path` (created when missing) for the life of the returned descriptor.
/// Fails (refused) when another process holds it: the message names the file.
Result<UniqueFd> lock_file(const std::filesystem::path& path);

/// "errno text" for messages: "open /x/y: No such file or directory".
Error system_error(std::string_view what, int error_number);

}  // namespace backstamp
