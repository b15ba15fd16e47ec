// A station never goes back to an older key bundle: that would give revoked keys their word again.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "postal/token.h"

namespace backstamp::station {

/// Holds the bundle of `root` against the greatest sequence number that this journal has seen of
/// it (`keys.json` beside the segments), and keeps the number when it is greater. Another root
/// begins anew. Fails: refused (smaller; names both numbers), invalid (the file was damaged), io.
Result<void> never_go_back(const std::filesystem::path& journal_directory,
                           const postal::KeyId& root, std::uint64_t sequence);

}  // namespace backstamp::station
