#include "postal/mailmark.h"

#include <algorithm>

#include "postal/uk_postcode.h"

namespace backstamp::postal {
namespace {

constexpr std::size_t kDestination = 9;
constexpr std::size_t kItem = 8;

bool all_digits(std::string_view text) {
  return text.find_first_not_of(kUkDigits) == text.npos;
}

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::invalid, "Mailmark: " + std::string(why));
}

}  // namespace

std::string Mailmark::text() const {
  std::string text{format, version, mail_class};
  text += supply_chain + item + destination;
  return text.append(kDestination - std::min(kDestination, destination.size()), ' ');
}

Result<Mailmark> Mailmark::parse(std::string_view text) {
  if (text.size() != kSizeC && text.size() != kSizeL)
    return refuse("22 or 26 characters are wanted");
  Mailmark code;
  code.format = text[0];
  code.version = text[1];
  code.mail_class = text[2];
  code.supply_chain = text.substr(3, text.size() - 3 - kItem - kDestination);
  code.item = text.substr(3 + code.supply_chain.size(), kItem);
  std::string_view destination = text.substr(text.size() - kDestination);
  destination = destination.substr(0, destination.find(' '));
  code.destination = destination;
  if (code.format < '0' || code.format > '4') return refuse("the format must be 0 to 4");
  if (code.version < '1' || code.version > '4') return refuse("the version must be 1 to 4");
  if (std::string_view("0123456789ABCDE").find(code.mail_class) == std::string_view::npos)
    return refuse("the class must be 0 to 9 or A to E");
  if (!all_digits(code.supply_chain) || !all_digits(code.item))
    return refuse("supply chain and item must be digits");
  if (destination != "XY11" && uk_postcode_form(destination) < 0)
    return refuse("the destination is no postcode with a delivery point suffix");
  if (code.text() != text) return refuse("nothing may follow the blanks");
  return code;
}

}  // namespace backstamp::postal
