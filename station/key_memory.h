// What a station remembers of its keys: a station never goes back to an older bundle (that would
// give revoked keys their word again), nor to an earlier time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "postal/key_bundle.h"

namespace backstamp::station {

/// Kept as `keys.json` beside the segments of the journal.
struct KeyMemory {
  postal::KeyId root{};
  std::uint64_t issuers = 0;                     ///< sequence of the statement of issuers
  std::map<std::uint32_t, std::uint64_t> lists;  ///< sequence of each issuer's list
  UtcTime floor{};                               ///< the latest signed time that was heard
  UtcTime confirmed{};  ///< when the bundle that is held was last said to be the newest
  bool operator==(const KeyMemory&) const = default;
};

/// None when there is none. Fails: invalid (damaged; names the file), io.
Result<std::optional<KeyMemory>> load_key_memory(const std::filesystem::path& directory);
Result<void> save_key_memory(const std::filesystem::path& directory, const KeyMemory& memory);

/// Fails (refused) when the bundle has a part that is older than what is remembered of its root.
/// Another root begins anew.
Result<void> never_go_back(const KeyMemory& memory, const postal::SignedBundle& bundle);

/// Takes over the sequences of a bundle; times stay as they are, but those of another root's
/// confirmations.
void remember(KeyMemory& memory, const postal::SignedBundle& bundle);

}  // namespace backstamp::station
