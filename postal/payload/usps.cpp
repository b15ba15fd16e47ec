#include "postal/payload/usps.h"

#include <algorithm>

#include "postal/payload/byte_fields.h"
#include "postal/payload/text.h"

namespace backstamp::postal::payload {
namespace {

constexpr std::size_t kIbiBytes = 89;
constexpr std::size_t kIbiMostBytes = 112;
constexpr std::size_t kIbiPayload = 49;
constexpr std::size_t kIbiLiteBytes = 20;
constexpr std::int64_t kIbiLiteMostMills = 100'000;  // a letter, not a parcel: below $100

/// The day of a number YYYYMMDD.
Result<Date> parse_yyyymmdd(std::uint64_t number) {
  const Date date{std::chrono::year(static_cast<int>(number / 10000)),
                  std::chrono::month(static_cast<unsigned>(number / 100 % 100)),
                  std::chrono::day(static_cast<unsigned>(number % 100))};
  if (number < 1996'00'00 || number > 2099'12'31 || !date.ok()) {
    return refuse("the date is not one of 1996 to 2099");
  }
  return date;
}

std::uint64_t print_yyyymmdd(Date date) {
  return static_cast<std::uint64_t>(static_cast<int>(date.year())) * 10000 +
         static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day());
}

bool is_device_model(std::string_view text) {
  return all_digits(text.substr(0, 2)) && all_alphanumeric(text.substr(2));
}

std::uint32_t word(ByteView content, std::size_t at, std::size_t size) {
  return static_cast<std::uint32_t>(little_endian(content, at, size));
}

template <std::size_t Size>
void copy_bytes(ByteView content, std::size_t at, std::array<std::uint8_t, Size>& to) {
  const ByteView from = content.subspan(at, Size);
  std::copy(from.begin(), from.end(), to.begin());
}

/// The digits without a check digit, if there is one; it must agree. POSTNET and PLANET: the sum of
/// all digits is a multiple of ten.
Result<std::string> without_check_digit(std::string_view text,
                                        std::initializer_list<std::size_t> sizes) {
  if (!all_digits(text)) return refuse("only digits are allowed");
  for (const std::size_t size : sizes) {
    if (text.size() == size) return std::string(text);
    if (text.size() != size + 1) continue;
    unsigned sum = 0;
    for (const char c : text) sum += static_cast<unsigned>(c - '0');
    if (sum % 10 != 0) return refuse("the check digit does not agree");
    return std::string(text.substr(0, size));
  }
  return refuse("so many digits are none of its forms");
}

}  // namespace

Result<Ibi> parse_ibi(ByteView content) {
  if (content.size() < kIbiBytes || content.size() > kIbiMostBytes) {
    return refuse("89 to 112 bytes are wanted");
  }
  Ibi ibi;
  ibi.version = content[0];
  ibi.algorithm = content[1];
  ibi.certificate = word(content, 2, 4);
  ibi.device_model = as_text(content.subspan(6, 4));
  ibi.device_serial = word(content, 10, 4);
  ibi.ascending = little_endian(content, 14, 5);
  ibi.postage = Money{static_cast<std::int64_t>(little_endian(content, 19, 3))};
  const auto mailed = parse_yyyymmdd(little_endian(content, 22, 4));
  ibi.licence_zip = word(content, 26, 4);
  ibi.destination = little_endian(content, 30, 5);
  copy_bytes(content, 35, ibi.software);
  ibi.descending = word(content, 41, 4);
  copy_bytes(content, 45, ibi.mail_class);
  copy_bytes(content, kIbiPayload, ibi.signature);
  ibi.vendor_content.assign(content.begin() + kIbiBytes, content.end());
  if (!is_device_model(ibi.device_model)) return refuse("the device is of no known form");
  if (!mailed) return std::unexpected(mailed.error());
  if (ibi.licence_zip > 99999) return refuse("the licence ZIP has more than 5 digits");
  ibi.mailed = *mailed;
  return ibi;
}

Bytes print(const Ibi& ibi) {
  Bytes out{ibi.version, ibi.algorithm};
  put_little_endian(out, ibi.certificate, 4);
  out.insert(out.end(), ibi.device_model.begin(), ibi.device_model.end());
  put_little_endian(out, ibi.device_serial, 4);
  put_little_endian(out, ibi.ascending, 5);
  put_little_endian(out, static_cast<std::uint64_t>(ibi.postage.mills), 3);
  put_little_endian(out, print_yyyymmdd(ibi.mailed), 4);
  put_little_endian(out, ibi.licence_zip, 4);
  put_little_endian(out, ibi.destination, 5);
  out.insert(out.end(), ibi.software.begin(), ibi.software.end());
  put_little_endian(out, ibi.descending, 4);
  out.insert(out.end(), ibi.mail_class.begin(), ibi.mail_class.end());
  out.insert(out.end(), ibi.signature.begin(), ibi.signature.end());
  out.insert(out.end(), ibi.vendor_content.begin(), ibi.vendor_content.end());
  return out;
}

Result<IbiLite> parse_ibi_lite(ByteView content) {
  if (content.size() != kIbiLiteBytes) return refuse("20 bytes are wanted");
  if (all_printable(as_text(content))) return refuse("it is a text");
  IbiLite ibi;
  ibi.version = content[0];
  ibi.piece = word(content, 1, 4);
  ibi.vendor_model = content[5];
  ibi.device_serial = word(content, 6, 3);
  ibi.postage = Money{static_cast<std::int64_t>(little_endian(content, 9, 3))};
  ibi.service = static_cast<std::uint16_t>(little_endian(content, 12, 2));
  copy_bytes(content, 14, ibi.mac);
  if (ibi.version > 0x0F && ibi.version != 0xFF) return refuse("the version is not one");
  if (ibi.device_serial == 0) return refuse("the device has no number");
  if (ibi.postage.mills == 0 || ibi.postage.mills >= kIbiLiteMostMills) {
    return refuse("the postage is not that of a letter");
  }
  return ibi;
}

Bytes print(const IbiLite& ibi) {
  Bytes out{ibi.version};
  put_little_endian(out, ibi.piece, 4);
  out.push_back(ibi.vendor_model);
  put_little_endian(out, ibi.device_serial, 3);
  put_little_endian(out, static_cast<std::uint64_t>(ibi.postage.mills), 3);
  put_little_endian(out, ibi.service, 2);
  out.insert(out.end(), ibi.mac.begin(), ibi.mac.end());
  return out;
}

Result<Postnet> parse_postnet(std::string_view text) {
  auto digits = without_check_digit(text, {5, 9, 11});
  if (!digits) return std::unexpected(digits.error());
  return Postnet{*std::move(digits)};
}

Result<Planet> parse_planet(std::string_view text) {
  auto digits = without_check_digit(text, {11, 13});
  if (!digits) return std::unexpected(digits.error());
  return Planet{*std::move(digits)};
}

}  // namespace backstamp::postal::payload
