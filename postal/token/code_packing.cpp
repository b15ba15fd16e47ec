#include "postal/token/code_packing.h"

#include <array>

#include "postal/imb_bars.h"
#include "postal/short_text.h"

namespace backstamp::postal {
namespace {

__extension__ typedef unsigned __int128 Number;

constexpr unsigned kKinds = 4;  // of codes that a token carries, by their place in MailpieceCode
constexpr std::uint64_t kTenTo8 = 100'000'000;
constexpr std::uint64_t kS10Codes = 26ull * 26 * 26 * 26 * kTenTo8;
constexpr std::uint64_t kZips = 1 + 100'000 + 1'000'000'000;  // none, ZIP, ZIP+4
constexpr std::uint64_t kLastSecond = 253'402'300'799;        // 9999-12-31 23:59:59 UTC

constexpr Number power_of_ten(int exponent) {
  Number power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

// Package codes without channel and check digit: 20 digits (channel 91 only), 22 and 26.
constexpr Number kPics20 = power_of_ten(17);
constexpr Number kPics22 = 5 * power_of_ten(19);
constexpr Number kPics26 = 5 * power_of_ten(23);

Number to_number(std::string_view digits) {
  Number number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<unsigned>(digit - '0');
  return number;
}

Number number_of(const Imb& code) {
  Number number = 0;
  for (const std::uint8_t byte : imb_value(code)) number = number << 8 | byte;
  return number;
}

Number number_of(const S10& code) {
  Number number = 0;
  for (const char letter : code.service + code.country) {
    number = number * 26 + static_cast<unsigned>(letter - 'A');
  }
  return number * kTenTo8 + to_number(code.serial);
}

Number number_of(const Impb& code) {
  const std::string pic = code.pic();
  const auto channel = static_cast<unsigned>(pic[1] - '1');
  const std::string_view rest = std::string_view(pic).substr(2, pic.size() - 3);
  Number number = channel * power_of_ten(static_cast<int>(rest.size())) + to_number(rest);
  if (pic.size() > 20) number += kPics20;
  if (pic.size() > 22) number += kPics22;
  const auto zip = static_cast<std::uint64_t>(to_number(code.zip));
  const std::uint64_t zip_number = code.zip.empty()       ? 0
                                   : code.zip.size() == 5 ? 1 + zip
                                                          : 100'001 + zip;
  return number * kZips + zip_number;
}

Number number_of(const MeterSerial& code) {
  const auto seconds = static_cast<std::uint64_t>(code.printed.time_since_epoch().count());
  return Number{seconds} * kTenTo8 + code.meter;
}

Result<MailpieceCode> out_of_range() {
  return fail(ErrorKind::invalid, "packed code: the number is out of range");
}

// Tokens have no kind for it: pack_code refuses it before.
Number number_of(const Mailmark&) {
  return 0;
}

// A parsed code as a MailpieceCode.
template <typename Code>
Result<MailpieceCode> widen(Result<Code> code) {
  if (!code) return std::unexpected(code.error());
  return MailpieceCode(*std::move(code));
}

Result<MailpieceCode> unpack_imb(Number number) {
  std::array<std::uint8_t, 13> value{};
  if (number >> 104 != 0) return out_of_range();
  for (std::size_t i = value.size(); i-- > 0; number >>= 8) {
    value[i] = static_cast<std::uint8_t>(number);
  }
  return widen(parse_imb_value(value));
}

Result<MailpieceCode> unpack_s10(Number number) {
  if (number >= kS10Codes) return out_of_range();
  std::array<char, 4> letters{};
  Number rest = number / kTenTo8;
  for (std::size_t i = 4; i-- > 0; rest /= 26) {
    letters[i] = static_cast<char>('A' + static_cast<int>(rest % 26));
  }
  ShortText<8> serial;
  serial.add_digits(number % kTenTo8, 8);
  ShortText<13> text;
  text.add(std::string_view(letters.data(), 2));
  text.add(serial.view());
  text.add(S10::check_digit(serial.view()));
  text.add(std::string_view(letters.data() + 2, 2));
  return widen(S10::parse(text.view()));
}

Result<MailpieceCode> unpack_impb(Number number) {
  if (number >= (kPics20 + kPics22 + kPics26) * kZips) return out_of_range();
  const auto zip_number = static_cast<std::uint64_t>(number % kZips);
  number /= kZips;
  std::size_t digits = 17;
  if (number >= kPics20 + kPics22) {
    number -= kPics20 + kPics22;
    digits = 23;
  } else if (number >= kPics20) {
    number -= kPics20;
    digits = 19;
  }
  const Number per_channel = power_of_ten(static_cast<int>(digits));
  ShortText<26> pic;
  pic.add('9');
  pic.add(static_cast<char>('1' + static_cast<int>(number / per_channel)));
  pic.add_digits(number % per_channel, digits);
  pic.add(gs1_check_digit(pic.view()));
  if (zip_number == 0) return widen(Impb::parse(pic.view()));
  ShortText<40> text;
  text.add("420");
  if (zip_number <= 100'000) {
    text.add_digits(zip_number - 1, 5);
  } else {
    text.add_digits(zip_number - 100'001, 9);
  }
  text.add('\x1D');
  text.add(pic.view());
  return widen(Impb::parse(text.view()));
}

Result<MailpieceCode> unpack_meter_serial(Number number) {
  const Number seconds = number / kTenTo8;
  if (seconds > kLastSecond || number % kTenTo8 == 0) return out_of_range();
  const std::chrono::seconds since_1970(static_cast<std::int64_t>(seconds));
  return MailpieceCode(MeterSerial{static_cast<std::uint32_t>(number % kTenTo8),
                                   std::chrono::sys_seconds(since_1970)});
}

// Is it a code as its own parser would yield it? Structures can be filled by hand.
bool well_formed(const MailpieceCode& code) {
  if (const auto* impb = std::get_if<Impb>(&code)) {
    const auto parsed = Impb::parse(impb->element_string());
    return parsed.has_value() && *parsed == *impb;
  }
  if (const auto* s10 = std::get_if<S10>(&code); s10 != nullptr && s10->serial.size() != 8) {
    return false;  // its check digit is not defined
  }
  const auto parsed = parse_canonical(canonical(code));
  return parsed.has_value() && *parsed == code;
}

}  // namespace

Result<Bytes> pack_code(const MailpieceCode& code) {
  if (!well_formed(code)) return fail(ErrorKind::invalid, "identification code: not a valid one");
  if (code.index() >= kKinds)
    return fail(ErrorKind::invalid, "identification code: a token cannot carry a Mailmark");
  Number number = std::visit([](const auto& one) { return number_of(one); }, code);
  number = number * kKinds + code.index();
  Bytes packed;
  for (; number != 0; number >>= 8) packed.push_back(static_cast<std::uint8_t>(number));
  if (packed.empty()) packed.push_back(0);  // the IMb of twenty zeros
  return Bytes(packed.rbegin(), packed.rend());
}

Result<MailpieceCode> unpack_code(ByteView packed) {
  if (packed.empty() || packed.size() > kPackedCodeBytes || (packed[0] == 0 && packed.size() > 1)) {
    return fail(ErrorKind::invalid, "packed code: 1 to 14 bytes without a leading zero are wanted");
  }
  Number number = 0;
  for (const std::uint8_t byte : packed) number = number << 8 | byte;
  static_assert(std::is_same_v<std::variant_alternative_t<3, MailpieceCode>, MeterSerial>);
  switch (static_cast<int>(number % kKinds)) {
    case 0:
      return unpack_imb(number / kKinds);
    case 1:
      return unpack_s10(number / kKinds);
    case 2:
      return unpack_impb(number / kKinds);
    default:
      return unpack_meter_serial(number / kKinds);
  }
}

}  // namespace backstamp::postal
