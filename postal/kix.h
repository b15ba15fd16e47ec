// What a KIX (klant index code of PostNL) says.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace backstamp::postal {

/// A Dutch address: "1231FZ13XHS" is postcode 1231 FZ, house number 13, addition HS.
struct Kix {
  std::string postcode;  ///< 4 digits, the first not 0, and 2 letters
  std::string number;    ///< of the house, the PO box or the reply service: 1 to 5 digits, not 0…
  std::string addition;  ///< none, or 1 to 6 digits and letters

  auto operator<=>(const Kix&) const = default;
  std::string text() const;  ///< postcode, number, and X before an addition
  static Result<Kix> parse(std::string_view text);
};

/// The forms that a KIX of `characters` characters can have, one letter a character: P a digit
/// that is not 0, N a digit, A a letter, X an X, C a digit or letter. A text has at most one.
std::vector<std::string> kix_forms(int characters);

/// The characters that may stand where a form has `letter`.
std::string_view kix_set(char letter);

}  // namespace backstamp::postal
