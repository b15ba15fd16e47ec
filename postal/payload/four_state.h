// Addresses in 4-state codes of the Netherlands, Australia and Japan. What the symbols themselves
// add to prove the reading (Reed-Solomon, check character) the reader has taken off.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// Postcode, house number and, after an X, an addition; or a country and its postcode. At most 18
/// characters.
Result<Kix> parse_kix(std::string_view text);
std::string print(const Kix& kix);

/// Format control code, delivery point identifier, and what the customer adds.
Result<AustraliaPost> parse_australia_post(std::string_view text);

/// What a format control code stands for: "standard", "customer 2", …; "" for an unknown one.
std::string_view australia_post_format(std::string_view code);

/// Seven digits and an address whose digits and hyphens take one code character each, its capitals
/// two; 13 are there.
Result<JapanPost> parse_japan_post(std::string_view text);

}  // namespace backstamp::postal::payload
