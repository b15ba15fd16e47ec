#include "postal/payload/royal_mail.h"

#include <algorithm>

#include "postal/payload/text.h"

namespace backstamp::postal::payload {
namespace {

constexpr std::size_t kFixedCharacters = 45;
constexpr std::size_t kCustomerCharacters = 45;
constexpr std::size_t kInward = 3;
constexpr std::size_t kSuffix = 2;
constexpr std::string_view kAbroad = "XY11";

bool is_destination(std::string_view text) {
  if (text.empty() || text == kAbroad || is_outward_code(text)) return true;
  return text.size() > kSuffix && is_postcode(text.substr(0, text.size() - kSuffix)) &&
         is_delivery_point_suffix(text.substr(text.size() - kSuffix));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

bool is_outward_code(std::string_view text) {
  for (const std::string_view pattern : {"AN", "ANA", "ANN", "AAN", "AANN", "AANA"}) {
    if (follows(text, pattern)) return true;
  }
  return false;
}

bool is_postcode(std::string_view text) {
  return text.size() > kInward && is_outward_code(text.substr(0, text.size() - kInward)) &&
         follows(text.substr(text.size() - kInward), "NAA");
}

bool is_delivery_point_suffix(std::string_view text) {
  return follows(text, "NA");
}

Result<Mailmark2d> parse_mailmark_2d(std::string_view text) {
  if (!text.starts_with("JGB ")) return refuse("JGB and a blank are wanted");
  if (text.size() < kFixedCharacters) return refuse("45 characters are wanted at least");
  if (text.size() > kFixedCharacters + kCustomerCharacters) {
    return refuse("90 characters are allowed at most");
  }
  Mailmark2d mark;
  mark.information_type = text[4];
  mark.mail_class = text[6];
  mark.supply_chain = text.substr(7, 7);
  mark.item = text.substr(14, 8);
  mark.destination = without_trailing_blanks(text.substr(22, 9));
  mark.return_service = text[31];
  mark.return_postcode = without_trailing_blanks(text.substr(32, 7));
  mark.customer_content = text.substr(kFixedCharacters);
  if (!is_alphanumeric(mark.information_type)) return refuse("the information type is not one");
  if (text[5] != '1') return refuse("the version is not 1");
  if (!is_alphanumeric(mark.mail_class)) return refuse("the class is not one");
  if (!all_digits(mark.supply_chain)) return refuse("the supply chain is not 7 digits");
  if (!all_digits(mark.item)) return refuse("the item is not 8 digits");
  if (!is_destination(mark.destination)) return refuse("the destination is not one");
  if (mark.return_service < '0' || mark.return_service > '6') {
    return refuse("the return service is not 0 to 6");
  }
  if (!mark.return_postcode.empty() && !is_postcode(mark.return_postcode)) {
    return refuse("the postcode for returns is not one");
  }
  if (text.substr(39, 6) != "      ") return refuse("the reserved places are not blank");
  if (!is_ascii(mark.customer_content)) return refuse("the customer's content is not ASCII");
  return mark;
}

std::string print(const Mailmark2d& mark) {
  return std::string("JGB ") + mark.information_type + '1' + mark.mail_class + mark.supply_chain +
         mark.item + blank_padded(mark.destination, 9) + mark.return_service +
         blank_padded(mark.return_postcode, 7) + blank_padded("", 6) + mark.customer_content;
}

bool looks_like_royal_mail_mark(std::string_view text) {
  return text.size() >= 6 && text.starts_with("JGB") && (text[3] == ' ' || is_capital(text[3])) &&
         is_alphanumeric(text[4]) && is_alphanumeric(text[5]);
}

Result<Rm4scc> parse_rm4scc(std::string_view text) {
  if (is_postcode(text)) return Rm4scc{std::string(text), ""};
  if (text.size() > kSuffix) {
    const std::string_view postcode = text.substr(0, text.size() - kSuffix);
    const std::string_view suffix = text.substr(postcode.size());
    if (is_postcode(postcode) && is_delivery_point_suffix(suffix)) {
      return Rm4scc{std::string(postcode), std::string(suffix)};
    }
  }
  return refuse("it is not a postcode of the United Kingdom with or without a delivery point");
}

}  // namespace backstamp::postal::payload
