// manifest.json: what a dataset is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace backstamp::datasets {

inline constexpr std::size_t kShards = 100'000;  ///< shards of one dataset

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
