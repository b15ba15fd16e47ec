// Samples one after another, from indexed shards or from a bare tar.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/dataset.h"
#include "datasets/shard/index.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/open_shard.h"

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

/// The shards of a folder, in order.
struct ShardList {
  std::vector<ManifestShard> shards;
  bool growing = false;                 ///< one that is missing has gone, and is passed over
  std::optional<OpenShard> unfinished;  ///< of the last one, when it has no index yet
};

/// Those of the manifest, and of a dataset that is still written to the one that comes after them,
/// as far as it is whole now.
ShardList list_shards(const std::filesystem::path& folder, const Manifest& manifest);

/// Shards of a folder, read through their indexes.
std::unique_ptr<SampleStream> open_shards(std::filesystem::path folder, ShardList list);

/// One tar, read from front to back by libarchive. Fails: not_found, io, invalid (no tar).
Result<std::unique_ptr<SampleStream>> open_tar(const std::filesystem::path& path);

}  // namespace backstamp::datasets
