// The Mailmark between its text and its bars (barcode C: 66 bars, barcode L: 78).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "postal/mailmark.h"
#include "postal/mailmark_tables.h"

namespace backstamp::postal {

/// The bars of a code as letters (bar_letters.h). `code` must be one that Mailmark::parse yields.
std::string encode_mailmark(const Mailmark& code);

/// The inverse. Fails (invalid) unless every symbol has its parity, the Reed-Solomon checks agree
/// and the value is one of a Mailmark. Nothing is repaired.
Result<Mailmark> decode_mailmark(std::string_view letters);

/// The code of data and check numbers, in the order of the Reed-Solomon word. Fails as above.
Result<Mailmark> decode_mailmark_numbers(const MailmarkShape& shape,
                                         std::span<const std::uint8_t> numbers);

/// The bars of data and check numbers, each below 30 or 32 as its place wants.
std::string mailmark_letters(const MailmarkShape& shape, std::span<const std::uint8_t> numbers);

}  // namespace backstamp::postal
