// Writes one shard and its index.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "datasets/shard/index.h"
#include "datasets/shard/manifest.h"

namespace backstamp::datasets {

/// Writes members into a tar (ustar; owner, mode and time are fixed, so that equal contents make
/// equal files). Thread-bound.
class TarWriter {
 public:
  /// Creates `path` (an existing file is replaced). The index goes beside it. `mode`: of both.
  static Result<TarWriter> create(const std::filesystem::path& path, unsigned mode = 0644);

  /// Fails: limit (size, members), io. `name` must have passed valid_key and valid_extension.
  Result<void> add(const std::string& key, const std::string& extension, ByteView content);
  /// Writes an end of archive behind the members so far, over which the next member is written: the
  /// tar is whole as it stands, should nothing follow. Begins to write it out to the disk.
  Result<void> seal();
  /// Is the file still the one at its path? (It may have been removed, or moved away.)
  bool in_place() const;
  /// Ends the tar, fsyncs it, writes the index durably; says what the manifest needs.
  Result<ManifestShard> finish();

  std::uint64_t bytes() const;
  std::size_t members() const;

  TarWriter(TarWriter&&) noexcept;
  TarWriter& operator=(TarWriter&&) noexcept;
  ~TarWriter();

 private:
  struct Impl;
  explicit TarWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datasets
