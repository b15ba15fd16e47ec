// Royal Mail's 4-State Customer Code and PostNL's KIX between text and bars (bar_letters.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::postal {

inline constexpr std::size_t kMostRm4sccCharacters = 20;
inline constexpr std::size_t kMostKixCharacters = 18;

/// An ascender, the characters, their check character, a full bar. `content` holds 1 to
/// kMostRm4sccCharacters digits and capitals.
std::string encode_rm4scc(std::string_view content);

/// The content without start, check character and stop. Fails (invalid) unless all of them and the
/// two-of-four of every character hold. Nothing is repaired.
Result<std::string> decode_rm4scc(std::string_view letters);

/// The characters alone: nothing but their two-of-four tells right from wrong, and none tells
/// upright from upside down.
std::string encode_kix(std::string_view content);
Result<std::string> decode_kix(std::string_view letters);

}  // namespace backstamp::postal
