#include "postal/mailmark_bars.h"

#include <array>
#include <charconv>

#include "base/assert.h"
#include "postal/bar_letters.h"
#include "postal/uk_postcode.h"

namespace backstamp::postal {
namespace {

__extension__ typedef unsigned __int128 Value;  // below 2^93

constexpr std::string_view kClasses = "0123456789ABCDE";
constexpr unsigned kItems = 100'000'000;

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string to_digits(std::uint64_t number, std::size_t count) {
  std::string digits(count, '0');
  for (std::size_t i = count; i-- > 0; number /= 10)
    digits[i] = static_cast<char>('0' + number % 10);
  return digits;
}

// How many destinations a form has.
std::uint64_t size_of(std::string_view form) {
  std::uint64_t size = 1;
  for (const char letter : form) size *= uk_postcode_set(letter).size();
  return size;
}

// Abroad is 0; the forms follow, one after the other.
std::uint64_t destination_number(std::string_view destination) {
  const int form = uk_postcode_form(destination);
  if (form < 0) return 0;
  std::uint64_t number = 0;
  const std::string_view letters = kUkPostcodeForms[static_cast<std::size_t>(form)];
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const std::string_view set = uk_postcode_set(letters[i]);
    number = number * set.size() + set.find(destination[i]);
  }
  ++number;
  for (int before = 0; before < form; ++before)
    number += size_of(kUkPostcodeForms[static_cast<std::size_t>(before)]);
  return number;
}

// The inverse; empty when there is no such destination.
std::string destination_of(Value number) {
  if (number == 0) return "XY11";
  --number;
  for (const std::string_view form : kUkPostcodeForms) {
    const std::uint64_t size = size_of(form);
    if (number >= size) {
      number -= size;
      continue;
    }
    auto rest = static_cast<std::uint64_t>(number);
    std::string destination(form.size(), ' ');
    for (std::size_t i = form.size(); i-- > 0;) {
      const std::string_view set = uk_postcode_set(form[i]);
      destination[i] = set[rest % set.size()];
      rest /= set.size();
    }
    return destination;
  }
  return {};
}

const MailmarkShape& shape_of(std::size_t text_size) {
  return text_size == Mailmark::kSizeC ? mailmark_c() : mailmark_l();
}

std::uint64_t supply_chains(const MailmarkShape& shape) {
  return shape.symbols == mailmark_c().symbols ? 100 : 1'000'000;
}

bool is_even(const MailmarkShape& shape, int symbol) {
  return symbol < shape.even;
}

// The consolidated data value, written in the bases of the data symbols.
std::vector<std::uint8_t> data_numbers(const Mailmark& code, const MailmarkShape& shape) {
  Value value = destination_number(code.destination);
  value = value * kItems + to_number(code.item);
  value = value * supply_chains(shape) + to_number(code.supply_chain);
  value = value * kClasses.size() + kClasses.find(code.mail_class);
  value = value * 5 + static_cast<unsigned>(code.format - '0');
  value = value * 4 + static_cast<unsigned>(code.version - '1');
  const int count = shape.symbols - shape.checks;
  std::vector<std::uint8_t> numbers(static_cast<std::size_t>(count));
  for (int symbol = count; symbol-- > 0;) {
    const unsigned base = is_even(shape, symbol) ? 30 : 32;
    numbers[static_cast<std::size_t>(symbol)] = static_cast<std::uint8_t>(value % base);
    value /= base;
  }
  return numbers;
}

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::invalid, "Mailmark: " + std::string(why));
}

}  // namespace

std::string mailmark_letters(const MailmarkShape& shape, std::span<const std::uint8_t> numbers) {
  std::string letters(static_cast<std::size_t>(shape.bars()), 'T');
  for (int symbol = 0; symbol < shape.symbols; ++symbol) {
    const unsigned bits =
        mailmark_bits(numbers[static_cast<std::size_t>(symbol)], is_even(shape, symbol));
    const int place = shape.group[static_cast<std::size_t>(symbol)];
    for (int bar = 0; bar < 3; ++bar)
      letters[static_cast<std::size_t>(3 * place + bar)] =
          bar_letter((bits >> mailmark_bit(place, bar, true) & 1) != 0,
                     (bits >> mailmark_bit(place, bar, false) & 1) != 0);
  }
  return letters;
}

std::string encode_mailmark(const Mailmark& code) {
  const std::string text = code.text();
  const auto parsed = Mailmark::parse(text);
  BACKSTAMP_ASSERT(parsed.has_value() && *parsed == code);
  const MailmarkShape& shape = shape_of(text.size());
  std::vector<std::uint8_t> numbers = data_numbers(code, shape);
  const std::vector<std::uint8_t> checks = mailmark_code(shape).checks_of(numbers);
  numbers.insert(numbers.end(), checks.begin(), checks.end());
  return mailmark_letters(shape, numbers);
}

Result<Mailmark> decode_mailmark_numbers(const MailmarkShape& shape,
                                         std::span<const std::uint8_t> numbers) {
  if (numbers.size() != static_cast<std::size_t>(shape.symbols) ||
      !mailmark_code(shape).valid(numbers))
    return refuse("the Reed-Solomon checks do not agree");
  Value value = 0;
  for (int symbol = 0; symbol < shape.symbols - shape.checks; ++symbol) {
    const unsigned base = is_even(shape, symbol) ? 30 : 32;
    const unsigned number = numbers[static_cast<std::size_t>(symbol)];
    if (number >= base) return refuse("a symbol is out of range");
    value = value * base + number;
  }
  const auto next = [&](std::uint64_t base) {
    const auto digit = static_cast<std::uint64_t>(value % base);
    value /= base;
    return digit;
  };
  Mailmark code;
  code.version = static_cast<char>('1' + next(4));
  code.format = static_cast<char>('0' + next(5));
  code.mail_class = kClasses[next(kClasses.size())];
  const std::uint64_t chains = supply_chains(shape);
  code.supply_chain = to_digits(next(chains), chains == 100 ? 2 : 6);
  code.item = to_digits(next(kItems), 8);
  code.destination = destination_of(value);
  if (code.destination.empty()) return refuse("there is no such destination");
  return code;
}

Result<Mailmark> decode_mailmark(std::string_view letters) {
  if (!are_bar_letters(letters)) return refuse("only bars A, D, F and T are known");
  const bool is_c = letters.size() == static_cast<std::size_t>(mailmark_c().bars());
  if (!is_c && letters.size() != static_cast<std::size_t>(mailmark_l().bars()))
    return refuse("66 or 78 bars are wanted");
  const MailmarkShape& shape = is_c ? mailmark_c() : mailmark_l();
  std::vector<std::uint8_t> numbers;
  for (int symbol = 0; symbol < shape.symbols; ++symbol) {
    const int place = shape.group[static_cast<std::size_t>(symbol)];
    unsigned bits = 0;
    for (int bar = 0; bar < 3; ++bar) {
      const char letter = letters[static_cast<std::size_t>(3 * place + bar)];
      bits |= unsigned{has_ascender(letter)} << mailmark_bit(place, bar, true);
      bits |= unsigned{has_descender(letter)} << mailmark_bit(place, bar, false);
    }
    const int number = mailmark_number(bits, is_even(shape, symbol));
    if (number < 0) return refuse("a symbol has the wrong parity");
    numbers.push_back(static_cast<std::uint8_t>(number));
  }
  return decode_mailmark_numbers(shape, numbers);
}

}  // namespace backstamp::postal
