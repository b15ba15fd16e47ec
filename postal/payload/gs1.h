// GS1 element strings (GS1 General Specifications, sections 3 and 7.8).
#pragma once

#include <string_view>

#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// Does the content say that it is GS1: a symbology identifier or FNC1 (as 0x1D) in front?
bool says_gs1(std::string_view text);
/// The content behind what says_gs1() looks for.
std::string_view without_gs1_mark(std::string_view text);

/// With or without what says_gs1() looks for. Each value is held to the length and characters of
/// its identifier, its check digit and its date; an identifier may come again with the same value.
/// At most 64 elements.
Result<Gs1Elements> parse_gs1(std::string_view text);

/// FNC1 in front, and as separator where the length is not predefined.
std::string print(const Gs1Elements& elements);

/// How many of the elements bear a check digit; parse_gs1() has verified each.
std::size_t check_digits(const Gs1Elements& elements);

}  // namespace backstamp::postal::payload
