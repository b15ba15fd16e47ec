// Small questions on texts that several grammars ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::postal::payload {

bool is_digit(char c);
bool is_capital(char c);
/// A digit or a capital.
bool is_alphanumeric(char c);
/// Not empty, and each character a digit.
bool all_digits(std::string_view text);
/// Not empty, and each character a digit or a capital.
bool all_alphanumeric(std::string_view text);
/// 0x20 to 0x7E only.
bool all_printable(std::string_view text);

/// Does the text follow the pattern, character by character: N a digit, A a capital?
bool follows(std::string_view text, std::string_view pattern);

/// `number` in decimal with leading zeros to `width` at least.
std::string padded(std::uint64_t number, std::size_t width);

/// The text with each character outside 0x20 to 0x7E, and the backslash, as "\x1d".
std::string escaped(std::string_view text);

std::string without_trailing_blanks(std::string_view text);
/// The text with blanks after it up to `size` characters.
std::string blank_padded(std::string_view text, std::size_t size);

std::unexpected<Error> refuse(std::string_view why);

}  // namespace backstamp::postal::payload
