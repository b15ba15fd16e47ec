// POSTNET and PLANET of the United States Postal Service between digits and bars. Bars are tall or
// short and stand on one line: letters (bar_letters.h) A and T.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::postal {

enum class TallBars {
  two_of_five,   ///< POSTNET: ZIP, ZIP+4 or ZIP+4 and delivery point (5, 9 or 11 digits)
  three_of_five  ///< PLANET: 11 or 13 digits; a digit is tall where POSTNET's is short
};

/// Does a symbol of this kind have so many digits, its check digit not counted?
bool postnet_has(TallBars kind, int digits);

/// The five bars of a digit.
std::string_view postnet_bars(TallBars kind, int digit);

/// A tall bar, the digits, their check digit, a tall bar. `digits` must be of an allowed number.
std::string encode_postnet(TallBars kind, std::string_view digits);

/// The digits without their check digit. Fails (invalid) unless the number of bars, both frame
/// bars, every digit and the check digit (all add up to 0 modulo 10) hold.
Result<std::string> decode_postnet(TallBars kind, std::string_view letters);

}  // namespace backstamp::postal
