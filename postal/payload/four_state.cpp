#include "postal/payload/four_state.h"

#include <algorithm>

#include "postal/payload/text.h"

namespace backstamp::postal::payload {
namespace {

constexpr std::size_t kCustomerDigits = 15;
constexpr std::size_t kCustomerCharacters = 10;
constexpr std::size_t kJapanCodeCharacters = 13;

/// What the customer of Australia Post may add: as N 15 digits, as C 10 of these characters.
bool is_customer_text(std::string_view text) {
  if (text.empty() || all_digits(text)) return text.size() <= kCustomerDigits;
  return text.size() <= kCustomerCharacters && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || (c >= 'a' && c <= 'z') || c == ' ' || c == '#';
         });
}

}  // namespace

std::string_view australia_post_format(std::string_view code) {
  if (code == "11") return "standard";
  if (code == "59") return "customer 2";
  if (code == "62") return "customer 3";
  if (code == "45") return "reply paid";
  if (code == "87") return "routing";
  if (code == "92") return "redirection";
  if (code == "00") return "null";
  return "";
}

Result<AustraliaPost> parse_australia_post(std::string_view text) {
  if (text.size() < 10 || !all_digits(text.substr(0, 10))) {
    return refuse("a format control code and 8 digits of delivery point are wanted");
  }
  AustraliaPost code{std::string(text.substr(0, 2)), std::string(text.substr(2, 8)),
                     std::string(text.substr(10))};
  if (australia_post_format(code.format).empty()) return refuse("the format control code is none");
  if (!is_customer_text(code.customer)) return refuse("the customer's content does not fit");
  return code;
}

Result<JapanPost> parse_japan_post(std::string_view text) {
  if (text.size() < 7 || !all_digits(text.substr(0, 7))) return refuse("7 digits are wanted first");
  std::size_t taken = 0;
  for (const char c : text.substr(7)) {
    if (!is_alphanumeric(c) && c != '-') return refuse("the address has another character");
    taken += is_capital(c) ? 2 : 1;
  }
  if (taken > kJapanCodeCharacters) return refuse("the address is too long");
  return JapanPost{std::string(text.substr(0, 7)), std::string(text.substr(7))};
}

}  // namespace backstamp::postal::payload
