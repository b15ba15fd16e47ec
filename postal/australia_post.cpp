#include "postal/australia_post.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/assert.h"
#include "postal/bar_letters.h"

namespace backstamp::postal {
namespace {

constexpr std::string_view kEnds = "AT";
constexpr char kFiller = 'T';
constexpr std::size_t kControl = 2;
constexpr std::size_t kDeliveryPoint = 8;
constexpr std::size_t kFirstCustomerBar = 22;  // start, 10 digits
constexpr std::string_view kFormats37[]{"11", "45", "87", "92", "00"};
constexpr std::string_view kFormats52[]{"59"};
constexpr std::string_view kFormats67[]{"62"};

// How many characters (three bars) and digits (two bars) a customer field has.
struct Field {
  std::size_t characters;
  std::size_t digits;
};

Field field_of(int bars) {
  return bars == 67 ? Field{10, 15} : bars == 52 ? Field{5, 8} : Field{0, 0};
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

// Table N: to base 4, 00 01 02 10 11 12 20 21 22 30.
constexpr std::string_view kDigitBars = "FFFAFDAFAAADDFDADDTF";

// Table C. Without a 3 (tracker) at all: A to Z, 0; a 3 in front alone: 1 to 9; the rest in rising
// order: blank, #, a to z.
std::array<char, 64> make_characters() {
  std::array<char, 64> table{};
  char capital = 'A', digit = '1';
  std::string_view rest = " #abcdefghijklmnopqrstuvwxyz";
  for (unsigned value = 0; value < table.size(); ++value) {
    const bool three_first = value / 16 == 3;
    const bool three_later = value / 4 % 4 == 3 || value % 4 == 3;
    if (three_later) {
      table[value] = rest.front();
      rest.remove_prefix(1);
    } else if (three_first) {
      table[value] = digit++;
    } else {
      table[value] = capital > 'Z' ? '0' : capital;
      ++capital;
    }
  }
  return table;
}

const std::array<char, 64>& characters() {
  static const auto table = make_characters();
  return table;
}

std::string triple(unsigned value) {
  return {kAustraliaPostDigits[value / 16], kAustraliaPostDigits[value / 4 % 4],
          kAustraliaPostDigits[value % 4]};
}

unsigned value_of(std::string_view three) {
  unsigned value = 0;
  for (const char letter : three)
    value = 4 * value + static_cast<unsigned>(kAustraliaPostDigits.find(letter));
  return value;
}

// The digits of two bars each; none when a pair is none.
std::optional<std::string> read_digits(std::string_view letters) {
  std::string digits;
  for (; letters.size() >= 2; letters.remove_prefix(2)) {
    int digit = 0;
    while (digit < 10 && australia_post_digit(digit) != letters.substr(0, 2)) ++digit;
    if (digit == 10) return std::nullopt;
    digits += static_cast<char>('0' + digit);
  }
  return digits;
}

// The customer field and its filler.
std::optional<std::string> read_customer(std::string_view letters, Field field) {
  const auto filled = [&](std::size_t from) {
    return letters.substr(from).find_first_not_of(kFiller) == letters.npos;
  };
  if (filled(2 * field.digits)) {
    if (auto digits = read_digits(letters.substr(0, 2 * field.digits))) return digits;
  }
  if (!filled(3 * field.characters)) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < field.characters; ++i)
    text += characters()[value_of(letters.substr(3 * i, 3))];
  return text;
}

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::invalid, "Australia Post: " + std::string(why));
}

int bars_of(std::string_view format) {
  for (const int bars : kAustraliaPostBars) {
    const auto formats = australia_post_formats(bars);
    if (std::find(formats.begin(), formats.end(), format) != formats.end()) return bars;
  }
  return 0;
}

}  // namespace

std::span<const std::string_view> australia_post_formats(int bars) {
  if (bars == 37) return kFormats37;
  if (bars == 52) return kFormats52;
  return kFormats67;
}

const ReedSolomon& australia_post_code() {
  static const ReedSolomon code(0x43, kAustraliaPostChecks);
  return code;
}

std::string_view australia_post_digit(int digit) {
  return kDigitBars.substr(static_cast<std::size_t>(2 * digit), 2);
}

std::vector<std::uint8_t> australia_post_word(std::string_view letters) {
  std::vector<std::uint8_t> word;
  for (std::size_t i = kEnds.size(); i + 3 + kEnds.size() <= letters.size(); i += 3)
    word.push_back(static_cast<std::uint8_t>(value_of(letters.substr(i, 3))));
  return word;
}

std::string australia_post_letters(std::span<const std::uint8_t> word) {
  std::string letters(kEnds);
  for (const std::uint8_t value : word) letters += triple(value);
  return letters.append(kEnds);
}

std::string AustraliaPost::text() const {
  return format + delivery_point + customer;
}

Result<AustraliaPost> AustraliaPost::parse(std::string_view text) {
  if (text.size() < kControl + kDeliveryPoint) return refuse("10 digits are wanted at least");
  AustraliaPost code{std::string(text.substr(0, kControl)),
                     std::string(text.substr(kControl, kDeliveryPoint)),
                     std::string(text.substr(kControl + kDeliveryPoint))};
  const int bars = bars_of(code.format);
  if (bars == 0) return refuse("the format control code is not known");
  if (!all_digits(code.delivery_point)) return refuse("the delivery point must be 8 digits");
  const Field field = field_of(bars);
  const bool digits = code.customer.size() == field.digits && all_digits(code.customer);
  const bool known = std::all_of(code.customer.begin(), code.customer.end(), [](char c) {
    return std::find(characters().begin(), characters().end(), c) != characters().end();
  });
  if (!digits && (code.customer.size() != field.characters || !known))
    return refuse("the customer field does not fit the format control code");
  return code;
}

std::string encode_australia_post(const AustraliaPost& code) {
  const auto parsed = AustraliaPost::parse(code.text());
  BACKSTAMP_ASSERT(parsed.has_value() && *parsed == code);
  std::string letters(kEnds);
  for (const char digit : code.format + code.delivery_point)
    letters += australia_post_digit(digit - '0');
  const Field field = field_of(bars_of(code.format));
  for (const char character : code.customer) {
    if (code.customer.size() == field.digits) {
      letters += australia_post_digit(character - '0');
    } else {
      const auto at = std::find(characters().begin(), characters().end(), character);
      letters += triple(static_cast<unsigned>(at - characters().begin()));
    }
  }
  while ((letters.size() - kEnds.size()) % 3 != 0) letters += kFiller;
  const std::vector<std::uint8_t> word = australia_post_word(letters + std::string(kEnds));
  for (const std::uint8_t check : australia_post_code().checks_of(word)) letters += triple(check);
  return letters.append(kEnds);
}

Result<AustraliaPost> decode_australia_post(std::string_view letters) {
  const int bars = static_cast<int>(letters.size());
  if (!are_bar_letters(letters) || std::find(kAustraliaPostBars.begin(), kAustraliaPostBars.end(),
                                             bars) == kAustraliaPostBars.end())
    return refuse("37, 52 or 67 bars are wanted");
  if (!letters.starts_with(kEnds) || !letters.ends_with(kEnds))
    return refuse("start or stop is missing");
  if (!australia_post_code().valid(australia_post_word(letters)))
    return refuse("the Reed-Solomon checks do not agree");
  const auto digits = read_digits(letters.substr(kEnds.size(), kFirstCustomerBar - kEnds.size()));
  if (!digits) return refuse("a digit is none");
  if (bars_of(digits->substr(0, kControl)) != bars)
    return refuse("the format control code does not fit the number of bars");
  const std::string_view rest =
      letters.substr(kFirstCustomerBar,
                     letters.size() - kFirstCustomerBar - 3 * kAustraliaPostChecks - kEnds.size());
  const auto customer = read_customer(rest, field_of(bars));
  if (!customer) return refuse("the customer field is none");
  return AustraliaPost{digits->substr(0, kControl), digits->substr(kControl), *customer};
}

}  // namespace backstamp::postal
