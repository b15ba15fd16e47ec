// Japan Post's customer barcode (Kasutama) between text and bars (bar_letters.h): 67 bars.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::postal {

inline constexpr int kJapanPostBars = 67;
inline constexpr std::size_t kJapanPostCharacters = 20;  ///< between start and check character
inline constexpr std::size_t kJapanPostPostcode = 7;
inline constexpr int kJapanPostValues = 19;  ///< 0–9, -, and the control codes 1 to 8

/// The three bars of a value. Start is "FD", stop "DF".
std::string_view japan_post_bars(int value);

/// The text of 20 values: 7 digits of postcode, then digits, letters (a control code 1 to 3 and a
/// digit) and '-'; control code 4 fills up. Fails (invalid) on any other order.
Result<std::string> japan_post_text(std::span<const std::uint8_t> values);

/// Checks a text: a postcode of 7 digits, then digits, capitals and '-' that take up no more than
/// 13 characters, a letter two.
Result<std::string> parse_japan_post(std::string_view text);

/// `text` must be one that parse_japan_post accepts.
std::string encode_japan_post(std::string_view text);

/// The inverse. Fails (invalid) unless start, stop, every character and the check character (all
/// values add up to 0 modulo 19) hold. Nothing is repaired.
Result<std::string> decode_japan_post(std::string_view letters);

}  // namespace backstamp::postal
