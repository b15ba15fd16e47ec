#include "base/yaml/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace backstamp::yaml {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t in_us;
};

// From the largest, so that formatting takes the first that divides.
constexpr std::array<Unit, 6> kUnits{{{"d", 86'400'000'000},
                                      {"h", 3'600'000'000},
                                      {"min", 60'000'000},
                                      {"s", 1'000'000},
                                      {"ms", 1'000},
                                      {"us", 1}}};

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  // Letters other than the exponent's would let "inf", "nan" and hexadecimal through.
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("-0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const auto count = parse_integer(text.substr(0, digits));
  if (!count || *count < 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.name != text.substr(digits)) continue;
    if (*count > std::numeric_limits<std::int64_t>::max() / unit.in_us) return std::nullopt;
    return std::chrono::microseconds(*count * unit.in_us);
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::microseconds value) {
  for (const Unit& unit : kUnits) {
    if (value.count() != 0 && value.count() % unit.in_us == 0) {
      return std::to_string(value.count() / unit.in_us) + std::string(unit.name);
    }
  }
  return "0s";
}

std::string format_number(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), error == std::errc{} ? end : buffer.data()};
}

bool printable(std::string_view text) {
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte < 0x20 && letter != '\t' && letter != '\n') || byte == 0x7f) return false;
  }
  return true;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLimit = 60;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    // Only between characters, never inside a UTF-8 sequence.
    if (out.size() >= kLimit && (byte & 0xc0) != 0x80) return out + "…";
    if (letter == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += letter;
    }
  }
  return out;
}

std::string quote(std::string_view text) {
  return "\"" + shown(text) + "\"";
}

}  // namespace backstamp::yaml
