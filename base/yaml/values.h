// Values of a configuration from their text and back, apart from where they stand.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backstamp::yaml {

/// A whole decimal number: "-" or none, no leading zeros, no blanks, fits 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A finite decimal number, "0.25" or "1e-3".
std::optional<double> parse_number(std::string_view text);

/// A whole number and its unit: us, ms, s, min, h, d. None on overflow.
std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

/// The inverse of parse_duration, in the largest unit that is exact.
std::string format_duration(std::chrono::microseconds value);

/// The shortest text that gives `value` back.
std::string format_number(double value);

/// Without control characters other than tab and line feed.
bool printable(std::string_view text);

/// `text` for a message: control characters escaped, cut after about 60 bytes.
std::string shown(std::string_view text);

/// shown() in quotes.
std::string quote(std::string_view text);

}  // namespace backstamp::yaml
