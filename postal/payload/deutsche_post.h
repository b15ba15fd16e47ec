// Deutsche Post: Matrixcode, Leitcode and Identcode.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// The name of a kind of franking (Frankierart), "" for one that is not known.
std::string_view franking_name(std::uint8_t kind);

/// "DEA" and more than a kind, not all of it text.
bool looks_like_matrixcode(ByteView content);

/// The date as it stands in a franking: day of the year × 100 + year of the century.
Result<Date> parse_dddyy(unsigned number);
unsigned print_dddyy(Date date);

/// Of DV-Freimachung (kind 0x12) all fields, of the other kinds the bytes.
Result<Matrixcode> parse_matrixcode(ByteView content);
Bytes print(const Matrixcode& code);

/// The check digit of Leitcode and Identcode: weights 4, 9, 4, … from the right, modulo 10.
char deutsche_post_check_digit(std::string_view digits);

/// Exactly 14 digits, the last of them the check digit.
Result<Leitcode> parse_leitcode(std::string_view text);
std::string print(const Leitcode& code);

/// Exactly 12 digits, the last of them the check digit.
Result<Identcode> parse_identcode(std::string_view text);
std::string print(const Identcode& code);

}  // namespace backstamp::postal::payload
