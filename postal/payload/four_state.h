// Addresses in the 4-state codes of Australia and Japan. What the symbols themselves
// add to prove the reading (Reed-Solomon, check character) the reader has taken off.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// Format control code, delivery point identifier, and what the customer adds.
Result<AustraliaPost> parse_australia_post(std::string_view text);

/// What a format control code stands for: "standard", "customer 2", …; "" for an unknown one.
std::string_view australia_post_format(std::string_view code);

/// Seven digits and an address whose digits and hyphens take one code character each, its capitals
/// two; 13 are there.
Result<JapanPost> parse_japan_post(std::string_view text);

}  // namespace backstamp::postal::payload
