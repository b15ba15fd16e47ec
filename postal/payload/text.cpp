#include "postal/payload/text.h"

#include <algorithm>

namespace backstamp::postal::payload {
namespace {

bool printable(char c) {
  return c >= 0x20 && c < 0x7F;
}

}  // namespace

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || is_capital(c);
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool all_alphanumeric(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_alphanumeric);
}

bool all_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), printable);
}

bool follows(std::string_view text, std::string_view pattern) {
  return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(),
                    [](char c, char p) { return p == 'N' ? is_digit(c) : is_capital(c); });
}

std::string padded(std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (printable(c) && c != '\\') {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out += "\\x" + to_hex({&byte, 1});
    }
  }
  return out;
}

std::string without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(' ');
  return std::string(last == text.npos ? "" : text.substr(0, last + 1));
}

std::string blank_padded(std::string_view text, std::size_t size) {
  std::string out(text);
  if (out.size() < size) out.append(size - out.size(), ' ');
  return out;
}

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::invalid, std::string(why));
}

}  // namespace backstamp::postal::payload
