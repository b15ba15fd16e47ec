#include "postal/postnet.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace backstamp::postal {
namespace {

// The bars weigh 7, 4, 2, 1 and 0; 0 is written as 7 + 4.
constexpr std::array<std::string_view, 10> kTwoOfFive{"AATTT", "TTTAA", "TTATA", "TTAAT", "TATTA",
                                                      "TATAT", "TAATT", "ATTTA", "ATTAT", "ATATT"};
constexpr std::array<std::string_view, 10> kThreeOfFive{
    "TTAAA", "AAATT", "AATAT", "AATTA", "ATAAT", "ATATA", "ATTAA", "TAAAT", "TAATA", "TATAA"};

const std::array<std::string_view, 10>& table(TallBars kind) {
  return kind == TallBars::two_of_five ? kTwoOfFive : kThreeOfFive;
}

std::unexpected<Error> refuse(TallBars kind, std::string_view why) {
  const std::string name = kind == TallBars::two_of_five ? "POSTNET: " : "PLANET: ";
  return fail(ErrorKind::invalid, name + std::string(why));
}

}  // namespace

bool postnet_has(TallBars kind, int digits) {
  return kind == TallBars::two_of_five ? digits == 5 || digits == 9 || digits == 11
                                       : digits == 11 || digits == 13;
}

std::string_view postnet_bars(TallBars kind, int digit) {
  return table(kind)[static_cast<std::size_t>(digit)];
}

std::string encode_postnet(TallBars kind, std::string_view digits) {
  BACKSTAMP_ASSERT(postnet_has(kind, static_cast<int>(digits.size())));
  std::string letters = "A";
  int sum = 0;
  for (const char digit : digits) {
    BACKSTAMP_ASSERT(digit >= '0' && digit <= '9');
    letters += postnet_bars(kind, digit - '0');
    sum += digit - '0';
  }
  letters += postnet_bars(kind, (10 - sum % 10) % 10);
  return letters + 'A';
}

Result<std::string> decode_postnet(TallBars kind, std::string_view letters) {
  const int digits = (static_cast<int>(letters.size()) - 7) / 5;
  if (letters.size() % 5 != 2 || !postnet_has(kind, digits))
    return refuse(kind, "another number of bars is wanted");
  if (letters.front() != 'A' || letters.back() != 'A')
    return refuse(kind, "a frame bar is missing");
  std::string text;
  int sum = 0;
  for (std::size_t i = 1; i + 1 < letters.size(); i += 5) {
    const auto at = std::find(table(kind).begin(), table(kind).end(), letters.substr(i, 5));
    if (at == table(kind).end()) return refuse(kind, "five bars are no digit");
    const auto digit = static_cast<int>(at - table(kind).begin());
    text += static_cast<char>('0' + digit);
    sum += digit;
  }
  if (sum % 10 != 0) return refuse(kind, "the check digit does not agree");
  text.pop_back();
  return text;
}

}  // namespace backstamp::postal
