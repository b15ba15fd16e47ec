// Addresses in the 4-state codes of Australia and Japan. What the symbols themselves add to prove
// the reading (Reed-Solomon, check character) the reader has taken off.
#pragma once

#include <string_view>

#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// What a format control code of Australia Post stands for: "standard", "customer 2", and so on;
/// "" for an unknown one.
std::string_view australia_post_format(std::string_view code);

/// A postcode of 7 digits, then the address.
Result<JapanPost> parse_japan_post(std::string_view text);

}  // namespace backstamp::postal::payload
