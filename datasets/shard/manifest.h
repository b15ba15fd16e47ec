// manifest.json: what a dataset is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace backstamp::datasets {

inline constexpr std::size_t kShards = 100'000;  ///< shards of one dataset
/// Numbers of shards, of a dataset that is written to for long.
inline constexpr std::uint64_t kShardNumbers = 1'000'000'000;

struct ManifestShard {
  std::string file;  ///< shard-NNNNNN.tar
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  std::string sha256;  ///< 64 hexadecimal digits
  bool operator==(const ManifestShard&) const = default;
};

struct Manifest {
  std::uint64_t samples = 0;
  std::vector<ManifestShard> shards;
  std::string maker_json = "{}";  ///< an object: what the maker says of itself
  /// Of a dataset that is still written to: the number of the shard that comes after `shards`, be
  /// it there or not. Then numbers may be missing in `shards`, as they are removed in time.
  std::optional<std::uint64_t> open_shard = std::nullopt;
  bool operator==(const Manifest&) const = default;
};

/// "shard-000012.tar" / ".index" of shard 12.
std::string shard_file(std::uint64_t number);
std::string index_file(std::string_view shard_file);

/// The manifest as JSON. Fails (invalid) when maker_json is no object.
Result<std::string> print_manifest(const Manifest& manifest);

/// Strict inverse: format, version, names in order, sums that agree. Fails (invalid, limit).
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace backstamp::datasets
