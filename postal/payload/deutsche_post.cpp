#include "postal/payload/deutsche_post.h"

#include "postal/payload/byte_fields.h"
#include "postal/payload/text.h"

namespace backstamp::postal::payload {
namespace {

constexpr std::uint8_t kDvFranking = 0x12;
constexpr std::size_t kHead = 4;  // "DEA" and the kind
constexpr std::size_t kLongDv = 42;
constexpr std::size_t kShortDv = 28;
constexpr std::size_t kDvFixed = 23;

Result<DvFranking> parse_dv(ByteView content) {
  if (content.size() != kLongDv && content.size() != kShortDv) {
    return refuse("DV-Freimachung has 42 or 28 bytes");
  }
  const auto posted = parse_dddyy(static_cast<unsigned>(big_endian(content, 12, 2)));
  if (!posted) return std::unexpected(posted.error());
  DvFranking dv;
  dv.price_version = content[4];
  dv.customer = big_endian(content, 5, 5);
  dv.value_cents = static_cast<std::uint16_t>(big_endian(content, 10, 2));
  dv.posted = *posted;
  dv.product = static_cast<std::uint16_t>(big_endian(content, 14, 2));
  dv.piece = static_cast<std::uint32_t>(big_endian(content, 16, 3));
  dv.participation = content[19];
  dv.billing = static_cast<std::uint16_t>(big_endian(content, 20, 2));
  dv.content_kind = content[22];
  dv.customer_content.assign(content.begin() + kDvFixed, content.end());
  return dv;
}

bool check_digit_agrees(std::string_view text) {
  return deutsche_post_check_digit(text.substr(0, text.size() - 1)) == text.back();
}

}  // namespace

std::string_view franking_name(std::uint8_t kind) {
  switch (kind) {
    case 0x01:
    case 0x33:
      return "Stampit";
    case 0x03:
      return "Frankit";
    case 0x05:
      return "Filiale";
    case 0x07:
      return "Frankierservice Infopost";
    case 0x08:
      return "Premiumadress";
    case 0x09:
    case 0x19:
    case 0x1A:
      return "Pressepost";
    case kDvFranking:
      return "DV-Freimachung";
    case 0x35:
      return "Briefmarke";
    case 0x45:
      return "Frankierservice";
    case 0x85:
      return "Internetmarke";
    default:
      return "";
  }
}

bool looks_like_matrixcode(ByteView content) {
  const std::string_view text = as_text(content);
  if (content.size() <= kHead || !text.starts_with("DEA")) return false;
  // "DEAR SIR" is a letter's beginning, not a franking. 0x33, 0x35 and 0x45 are letters too.
  return !all_printable(text);
}

Result<Date> parse_dddyy(unsigned number) {
  const std::chrono::year year{static_cast<int>(2000 + number % 100)};
  const unsigned day = number / 100;
  if (day < 1 || day > (year.is_leap() ? 366U : 365U)) {
    return refuse("the date is not a day of the year and a year");
  }
  return Date{std::chrono::sys_days(year / 1 / 1) + std::chrono::days(day - 1)};
}

unsigned print_dddyy(Date date) {
  const auto day = std::chrono::sys_days(date) - std::chrono::sys_days(date.year() / 1 / 1);
  return static_cast<unsigned>(day.count() + 1) * 100 +
         static_cast<unsigned>(static_cast<int>(date.year()) % 100);
}

Result<Matrixcode> parse_matrixcode(ByteView content) {
  if (content.size() <= kHead || !as_text(content).starts_with("DEA")) {
    return refuse("DEA, a kind of franking and its bytes are wanted");
  }
  Matrixcode code{content[3], Bytes(content.begin() + kHead, content.end())};
  if (code.franking_kind != kDvFranking) return code;
  auto dv = parse_dv(content);
  if (!dv) return std::unexpected(dv.error());
  code.franking = *std::move(dv);
  return code;
}

Bytes print(const Matrixcode& code) {
  Bytes out{'D', 'E', 'A', code.franking_kind};
  if (const auto* raw = std::get_if<Bytes>(&code.franking)) {
    out.insert(out.end(), raw->begin(), raw->end());
    return out;
  }
  const auto& dv = std::get<DvFranking>(code.franking);
  out.push_back(dv.price_version);
  put_big_endian(out, dv.customer, 5);
  put_big_endian(out, dv.value_cents, 2);
  put_big_endian(out, print_dddyy(dv.posted), 2);
  put_big_endian(out, dv.product, 2);
  put_big_endian(out, dv.piece, 3);
  out.push_back(dv.participation);
  put_big_endian(out, dv.billing, 2);
  out.push_back(dv.content_kind);
  out.insert(out.end(), dv.customer_content.begin(), dv.customer_content.end());
  return out;
}

char deutsche_post_check_digit(std::string_view digits) {
  unsigned sum = 0;
  unsigned weight = 4;
  for (std::size_t i = digits.size(); i-- > 0; weight = 13 - weight) {
    sum += weight * static_cast<unsigned>(digits[i] - '0');
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

Result<Leitcode> parse_leitcode(std::string_view text) {
  if (text.size() != 14 || !all_digits(text)) return refuse("14 digits are wanted");
  if (!check_digit_agrees(text)) return refuse("the check digit does not agree");
  return Leitcode{std::string(text.substr(0, 5)), std::string(text.substr(5, 3)),
                  std::string(text.substr(8, 3)), std::string(text.substr(11, 2))};
}

std::string print(const Leitcode& code) {
  const std::string digits = code.postcode + code.street + code.house + code.product;
  return digits + deutsche_post_check_digit(digits);
}

Result<Identcode> parse_identcode(std::string_view text) {
  if (text.size() != 12 || !all_digits(text)) return refuse("12 digits are wanted");
  if (!check_digit_agrees(text)) return refuse("the check digit does not agree");
  return Identcode{std::string(text.substr(0, 2)), std::string(text.substr(2, 3)),
                   std::string(text.substr(5, 6))};
}

std::string print(const Identcode& code) {
  const std::string digits = code.centre + code.customer + code.item;
  return digits + deutsche_post_check_digit(digits);
}

}  // namespace backstamp::postal::payload
