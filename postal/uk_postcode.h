// UK postcodes with a delivery point suffix, as Royal Mail's 4-state codes carry them: no blanks.
#pragma once

#include <array>
#include <string_view>

namespace backstamp::postal {

/// The six forms of postcode + suffix, in the order in which a Mailmark numbers them. A is any
/// letter, N a digit, L one of the letters that the inward code and the suffix use.
inline constexpr std::array<std::string_view, 6> kUkPostcodeForms{
    "ANANLLNL", "AANNLLNL", "AANNNLLNL", "AANANLLNL", "ANNLLNL", "ANNNLLNL"};

inline constexpr std::string_view kUkLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
inline constexpr std::string_view kUkInwardLetters = "ABDEFGHJLNPQRSTUWXYZ";
inline constexpr std::string_view kUkDigits = "0123456789";

/// What may stand where a form has `letter`: one of the three sets above.
constexpr std::string_view uk_postcode_set(char letter) {
  return letter == 'N' ? kUkDigits : letter == 'L' ? kUkInwardLetters : kUkLetters;
}

/// Which form a text has; -1 when none.
int uk_postcode_form(std::string_view text);

}  // namespace backstamp::postal
