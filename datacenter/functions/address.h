// Addresses in one form, so that the same recipient is the same bytes wherever it was written down.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::datacenter {

inline constexpr std::size_t kAddressLines = 8;
inline constexpr std::size_t kAddressLineBytes = 120;

/// The cleansed form of a recipient's address: lines in capitals, one blank between words, without
/// accents and punctuation (but for # - / within a word), the common words for streets, directions
/// and units in the short forms of USPS Publication 28 (sections 232 to 234 and appendices B, C),
/// joined by line feeds, and the routing digits as a last line of their own where there are any.
/// A ZIP at the end of a line that the routing digits begin with is left out there.
///
/// Letters beyond Latin stay as they are. Cleansing a cleansed address changes nothing.
/// `routing`: 0, 5, 9 or 11 digits. Fails: invalid (no words, not UTF-8, control characters, a
/// routing that is none), limit (too many lines, or too long ones).
Result<std::string> cleanse_address(std::span<const std::string> lines, std::string_view routing);

}  // namespace backstamp::datacenter
