// The index beside a shard: where each member's bytes lie and what their CRC-32C is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "datasets/shard/name.h"

namespace backstamp::datasets {

inline constexpr std::uint64_t kIndexBytes = 256ull << 20;  ///< an index file
inline constexpr std::size_t kMembersPerShard = 1u << 20;   ///< members in one shard
inline constexpr std::size_t kPartsPerSample = 16;          ///< members of one sample

/// One member of a shard.
struct IndexEntry {
  std::uint64_t offset_bytes = 0;  ///< of the content in the tar; its header is right before it
  std::uint64_t size_bytes = 0;
  std::uint32_t crc = 0;  ///< CRC-32C of the content
  std::string name;       ///< KEY.EXT
  std::string key;

  bool operator==(const IndexEntry&) const = default;
};

/// A whole index. Members of one sample (same key) stand next to each other.
struct ShardIndex {
  std::vector<IndexEntry> members;
  std::vector<std::uint32_t> first_members;  ///< by sample: its first member

  std::uint64_t samples() const { return first_members.size(); }
  /// Members [first, second) of a sample.
  std::pair<std::size_t, std::size_t> range(std::uint64_t sample) const;
};

/// The text of an index (docs/formats/dataset.md).
std::string print_index(const ShardIndex& index);

/// The strict inverse. Fails (invalid, limit), naming the line. Offsets ascend without overlap,
/// names are safe, sizes within limits::kImageFileBytes, counts are those of the header line.
Result<ShardIndex> parse_index(std::string_view text);

/// Adds a member in order and counts samples.
void append_member(ShardIndex& index, IndexEntry entry);

}  // namespace backstamp::datasets
