// What the spool asks of the operating system when it writes: a seam, so that tests can cut the
// power, fill the disk and fail a sync. Reading goes straight to the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::uplink {

/// A file open for writing. Thread-bound.
class StorageFile {
 public:
  virtual ~StorageFile() = default;
  /// Writes at least one byte of `bytes` at `offset`; returns how many.
  virtual Result<std::size_t> write_some(std::uint64_t offset, ByteView bytes) = 0;
  /// Everything written is on stable storage when this succeeds.
  virtual Result<void> sync() = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Sets space aside up to `size` without changing the file's length, where the file system can.
  virtual Result<void> reserve(std::uint64_t size) = 0;
};

class Storage {
 public:
  virtual ~Storage() = default;
  /// Opens for writing; `create` makes it (mode 0640) and fails when it is there already.
  virtual Result<std::unique_ptr<StorageFile>> open(const std::filesystem::path& path,
                                                    bool create) = 0;
  /// Made and removed names in `directory` survive a power cut when this succeeds.
  virtual Result<void> sync_directory(const std::filesystem::path& directory) = 0;
  virtual Result<void> remove(const std::filesystem::path& path) = 0;
};

/// The operating system's files.
std::shared_ptr<Storage> real_storage();

/// All of `bytes` at `offset`, across short writes.
Result<void> write_fully(StorageFile& file, std::uint64_t offset, ByteView bytes);

}  // namespace backstamp::uplink
