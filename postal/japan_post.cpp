#include "postal/japan_post.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/assert.h"

namespace backstamp::postal {
namespace {

constexpr std::string_view kStart = "FD";
constexpr std::string_view kStop = "DF";
constexpr int kHyphen = 10;
constexpr int kControl1 = 11;  // control code n is 10 + n
constexpr int kFiller = 14;    // control code 4
constexpr int kLettersACode = 10;

// By value: 0–9, the hyphen, control codes 1 to 8.
constexpr std::array<std::string_view, kJapanPostValues> kBars{
    "FTT", "FFT", "FDA", "DFA", "FAD", "FTF", "DAF", "AFD", "ADF", "TFF",
    "TFT", "DAT", "DTA", "ADT", "TDA", "ATD", "TAD", "TTF", "FFF"};

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::invalid, "Japan Post: " + std::string(why));
}

// The values of a text without its filling; empty when a character has none.
std::vector<std::uint8_t> values_of(std::string_view text) {
  std::vector<std::uint8_t> values;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      values.push_back(static_cast<std::uint8_t>(c - '0'));
    } else if (c == '-') {
      values.push_back(kHyphen);
    } else if (c >= 'A' && c <= 'Z') {
      values.push_back(static_cast<std::uint8_t>(kControl1 + (c - 'A') / kLettersACode));
      values.push_back(static_cast<std::uint8_t>((c - 'A') % kLettersACode));
    } else {
      return {};
    }
  }
  return values;
}

std::optional<std::uint8_t> value_of(std::string_view bars) {
  const auto at = std::find(kBars.begin(), kBars.end(), bars);
  if (at == kBars.end()) return std::nullopt;
  return static_cast<std::uint8_t>(at - kBars.begin());
}

}  // namespace

std::string_view japan_post_bars(int value) {
  return kBars[static_cast<std::size_t>(value)];
}

Result<std::string> japan_post_text(std::span<const std::uint8_t> values) {
  std::string text;
  std::size_t i = 0;
  for (; i < values.size() && values[i] != kFiller; ++i) {
    const int value = values[i];
    if (value < kHyphen) {
      text += static_cast<char>('0' + value);
    } else if (value == kHyphen) {
      text += '-';
    } else {
      const int letter = i + 1 < values.size() && values[i + 1] < kHyphen
                             ? (value - kControl1) * kLettersACode + values[i + 1]
                             : 26;
      if (value > kControl1 + 2 || letter >= 26) return refuse("a control code stands alone");
      text += static_cast<char>('A' + letter);
      ++i;
    }
  }
  for (; i < values.size(); ++i)
    if (values[i] != kFiller) return refuse("characters follow the filling");
  return parse_japan_post(text);
}

Result<std::string> parse_japan_post(std::string_view text) {
  const std::string_view postcode = text.substr(0, kJapanPostPostcode);
  if (postcode.size() != kJapanPostPostcode ||
      postcode.find_first_not_of("0123456789") != postcode.npos)
    return refuse("a postcode of 7 digits is wanted");
  const std::size_t size = values_of(text).size();
  if (size == 0) return refuse("only digits, capitals and - are allowed");
  if (size > kJapanPostCharacters) return refuse("the address is too long");
  return std::string(text);
}

std::string encode_japan_post(std::string_view text) {
  BACKSTAMP_ASSERT(parse_japan_post(text).has_value());
  std::vector<std::uint8_t> values = values_of(text);
  values.resize(kJapanPostCharacters, kFiller);
  std::string letters(kStart);
  int sum = 0;
  for (const std::uint8_t value : values) {
    letters += japan_post_bars(value);
    sum += value;
  }
  const int check = (kJapanPostValues - sum % kJapanPostValues) % kJapanPostValues;
  return letters.append(japan_post_bars(check)).append(kStop);
}

Result<std::string> decode_japan_post(std::string_view letters) {
  if (letters.size() != kJapanPostBars) return refuse("67 bars are wanted");
  if (!letters.starts_with(kStart) || !letters.ends_with(kStop))
    return refuse("start or stop is missing");
  std::vector<std::uint8_t> values;
  int sum = 0;
  for (std::size_t i = 0; i <= kJapanPostCharacters; ++i) {
    const auto value = value_of(letters.substr(kStart.size() + 3 * i, 3));
    if (!value) return refuse("three bars are no character");
    values.push_back(*value);
    sum += *value;
  }
  if (sum % kJapanPostValues != 0) return refuse("the check character does not agree");
  values.pop_back();
  return japan_post_text(values);
}

}  // namespace backstamp::postal
