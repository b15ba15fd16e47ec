// Australia Post's 4-state customer barcode: fields, tables, and bars as letters (bar_letters.h).
// Customer barcoding technical specifications, August 2012.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "postal/reed_solomon.h"

namespace backstamp::postal {

/// What a symbol says: "1112345678", "5912345678AB#1x".
struct AustraliaPost {
  std::string format;          ///< control code: 11, 45, 87, 92, 00 (37 bars), 59 (52), 62 (67)
  std::string delivery_point;  ///< identifier, 8 digits
  /// None with 37 bars; with 52 bars 5 characters (digits, letters of both cases, blank, #) or 8
  /// digits; with 67 bars 10 characters or 15 digits.
  std::string customer;

  auto operator<=>(const AustraliaPost&) const = default;
  std::string text() const;  ///< the three fields
  static Result<AustraliaPost> parse(std::string_view text);
};

inline constexpr std::array<int, 3> kAustraliaPostBars{37, 52, 67};
inline constexpr int kAustraliaPostChecks = 4;

/// The control codes that symbols of so many bars have.
std::span<const std::string_view> australia_post_formats(int bars);

/// Reed-Solomon over GF(64), 4 checks; a symbol is three bars, read to base 4 with the digits of
/// kAustraliaPostDigits. Start and stop (two bars each) are no part of the word.
const ReedSolomon& australia_post_code();
inline constexpr std::string_view kAustraliaPostDigits = "FADT";
std::vector<std::uint8_t> australia_post_word(std::string_view letters);
/// The inverse: start, word, stop.
std::string australia_post_letters(std::span<const std::uint8_t> word);

/// Two bars a digit: "FF" is 0.
std::string_view australia_post_digit(int digit);

/// `code` must be one that AustraliaPost::parse yields. A customer field of 8 or 15 digits is
/// written two bars a digit, any other three bars a character.
std::string encode_australia_post(const AustraliaPost& code);

/// The inverse, nothing repaired. Fails (invalid) unless ends, checks, control code and fields are
/// right. The symbol does not tell how its customer field is written: digits, where all fit.
Result<AustraliaPost> decode_australia_post(std::string_view letters);

}  // namespace backstamp::postal
