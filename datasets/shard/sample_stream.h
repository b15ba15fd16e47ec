// Samples one after another, from indexed shards or from a bare tar.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "datasets/dataset.h"
#include "datasets/shard/index.h"
#include "datasets/shard/manifest.h"

namespace backstamp::datasets {

class SampleStream {
 public:
  virtual ~SampleStream() = default;
  /// As DatasetReader::next and skip.
  virtual Result<std::optional<Sample>> next() = 0;
  virtual Result<void> skip(std::uint64_t samples) = 0;
  /// After a failed next(): the key of the damaged sample, empty when more than one is concerned.
  const std::string& damaged_key() const { return damaged_key_; }

 protected:
  std::string damaged_key_;
};

/// The index of a shard. Fails: not_found, invalid (names file and line), io.
Result<ShardIndex> load_index(const std::filesystem::path& path);

/// Shards of a folder, read through their indexes.
std::unique_ptr<SampleStream> open_shards(std::filesystem::path folder,
                                          std::vector<ManifestShard> shards);

/// One tar, read from front to back by libarchive. Fails: not_found, io, invalid (no tar).
Result<std::unique_ptr<SampleStream>> open_tar(const std::filesystem::path& path);

}  // namespace backstamp::datasets
