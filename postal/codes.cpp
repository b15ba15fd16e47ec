#include "postal/codes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"

namespace backstamp::postal {
namespace {

constexpr char kGroupSeparator = '\x1D';

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool all_letters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string padded(std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::unexpected<Error> refuse(std::string_view what, std::string_view why) {
  return fail(ErrorKind::invalid, std::string(what) + ": " + std::string(why));
}

// How many digits of a package identification code name the mailer: by the channel (USPS
// Publication 199), else by the rule of Mailer IDs.
std::size_t mailer_digits(std::string_view channel, std::string_view after_service) {
  if (channel == "92") return 9;
  if (channel == "93") return 6;
  if (channel == "95") return 7;  // channel identifier and device identifier
  return after_service.starts_with('9') ? 9 : 6;
}

bool valid_pic(std::string_view pic) {
  if (!all_digits(pic) || pic.size() < 2) return false;
  const std::string_view channel = pic.substr(0, 2);
  if (channel < "91" || channel > "95") return false;
  const bool legacy = channel == "91" && pic.size() == 20;
  if (pic.size() != 22 && pic.size() != 26 && !legacy) return false;
  return gs1_check_digit(pic.substr(0, pic.size() - 1)) == pic.back();
}

Impb split_pic(std::string_view zip, std::string_view pic) {
  Impb code;
  code.zip = zip;
  code.channel = pic.substr(0, 2);
  code.service = pic.substr(2, 3);
  const std::string_view rest = pic.substr(5, pic.size() - 6);
  const std::size_t mailer = mailer_digits(code.channel, rest);
  code.mailer = rest.substr(0, mailer);
  code.serial = rest.substr(mailer);
  return code;
}

// The blanks at the end of a Mailmark are put back. No text is a barcode C and a barcode L: where
// both have the size, one has digits where the other has the beginning of a postcode.
Result<Mailmark> parse_without_blanks(std::string_view text) {
  if (!text.ends_with(' ')) {
    for (const std::size_t size : {Mailmark::kSizeC, Mailmark::kSizeL}) {
      if (text.size() > size) continue;
      auto code = Mailmark::parse(std::string(text).append(size - text.size(), ' '));
      if (code) return code;
    }
  }
  return refuse("Mailmark", "17 to 26 characters of one are wanted");
}

}  // namespace

char gs1_check_digit(std::string_view digits) {
  unsigned sum = 0;
  unsigned weight = 3;
  for (std::size_t i = digits.size(); i-- > 0; weight = 4 - weight) {
    sum += weight * static_cast<unsigned>(digits[i] - '0');
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string Imb::digits() const {
  return barcode_identifier + service_type + mailer_id + serial_number + routing;
}

Result<Imb> Imb::parse(std::string_view digits) {
  const std::size_t size = digits.size();
  if (size != 20 && size != 25 && size != 29 && size != 31) {
    return refuse("IMb", "20, 25, 29 or 31 digits are wanted");
  }
  if (!all_digits(digits)) return refuse("IMb", "only digits are allowed");
  if (digits[1] > '4') return refuse("IMb", "the second digit must be 0 to 4");
  const std::size_t mailer = digits[5] == '9' ? 9 : 6;
  Imb code;
  code.barcode_identifier = digits.substr(0, 2);
  code.service_type = digits.substr(2, 3);
  code.mailer_id = digits.substr(5, mailer);
  code.serial_number = digits.substr(5 + mailer, 15 - mailer);
  code.routing = digits.substr(20);
  return code;
}

char S10::check_digit(std::string_view serial) {
  BACKSTAMP_ASSERT(serial.size() == 8);
  constexpr std::array<unsigned, 8> kWeights{8, 6, 4, 2, 3, 5, 9, 7};
  unsigned sum = 0;
  for (std::size_t i = 0; i < 8; ++i) sum += kWeights[i] * static_cast<unsigned>(serial[i] - '0');
  const unsigned check = 11 - sum % 11;
  if (check == 10) return '0';
  if (check == 11) return '5';
  return static_cast<char>('0' + check);
}

std::string S10::to_string() const {
  return service + serial + check_digit(serial) + country;
}

Result<S10> S10::parse(std::string_view text) {
  if (text.size() != 13) return refuse("S10", "13 characters are wanted");
  const std::string_view service = text.substr(0, 2);
  const std::string_view serial = text.substr(2, 8);
  const std::string_view country = text.substr(11);
  if (!all_letters(service) || std::string_view("JKSTW").find(service[0]) != service.npos) {
    return refuse("S10", "the service indicator is not one");
  }
  if (!all_digits(serial)) return refuse("S10", "the serial number must be 8 digits");
  if (!all_letters(country)) return refuse("S10", "the country must be two letters");
  if (text[10] != check_digit(serial)) return refuse("S10", "the check digit does not agree");
  return S10{std::string(service), std::string(serial), std::string(country)};
}

std::string Impb::pic() const {
  const std::string body = channel + service + mailer + serial;
  return body + gs1_check_digit(body);
}

std::string Impb::element_string() const {
  return zip.empty() ? pic() : "420" + zip + kGroupSeparator + pic();
}

Result<Impb> Impb::parse(std::string_view text) {
  if (text.starts_with("]C1")) text.remove_prefix(3);
  if (text.starts_with(kGroupSeparator)) text.remove_prefix(1);
  if (!text.starts_with("420")) {
    if (!valid_pic(text)) return refuse("IMpb", "not a package identification code");
    return split_pic({}, text);
  }
  text.remove_prefix(3);
  if (const std::size_t separator = text.find(kGroupSeparator); separator != text.npos) {
    const std::string_view zip = text.substr(0, separator);
    const std::string_view pic = text.substr(separator + 1);
    const bool zip_ok = all_digits(zip) && (zip.size() == 5 || zip.size() == 9);
    if (!zip_ok || !valid_pic(pic)) return refuse("IMpb", "ZIP or package code is not one");
    return split_pic(zip, pic);
  }
  // Without a separator the lengths must tell; where two splits would do, none is right.
  if (text.size() < 9 || !all_digits(text)) return refuse("IMpb", "only digits are allowed");
  const bool short_zip = valid_pic(text.substr(5));
  const bool long_zip = valid_pic(text.substr(9));
  if (short_zip == long_zip) {
    return refuse("IMpb", short_zip ? "ZIP and package code cannot be told apart without FNC1"
                                    : "not a ZIP and a package identification code");
  }
  const std::size_t zip_size = short_zip ? 5 : 9;
  return split_pic(text.substr(0, zip_size), text.substr(zip_size));
}

std::string MeterSerial::to_string() const {
  const auto day = std::chrono::floor<std::chrono::days>(printed);
  const Date date{day};
  const std::chrono::hh_mm_ss time{printed - day};
  const std::string digits = padded(meter, 8) +
                             padded(static_cast<unsigned>(static_cast<int>(date.year())), 4) +
                             padded(static_cast<unsigned>(date.month()), 2) +
                             padded(static_cast<unsigned>(date.day()), 2) +
                             padded(static_cast<std::uint64_t>(time.hours().count()), 2) +
                             padded(static_cast<std::uint64_t>(time.minutes().count()), 2) +
                             padded(static_cast<std::uint64_t>(time.seconds().count()), 2);
  return "M" + digits + gs1_check_digit(digits);
}

Result<MeterSerial> MeterSerial::parse(std::string_view text) {
  if (text.size() != 24 || text[0] != 'M' || !all_digits(text.substr(1))) {
    return refuse("meter code", "M and 23 digits are wanted");
  }
  if (gs1_check_digit(text.substr(1, 22)) != text[23]) {
    return refuse("meter code", "the check digit does not agree");
  }
  const unsigned meter = number(text.substr(1, 8));
  if (meter == 0) return refuse("meter code", "the serial number is zero");
  const Date date{std::chrono::year(static_cast<int>(number(text.substr(9, 4)))),
                  std::chrono::month(number(text.substr(13, 2))),
                  std::chrono::day(number(text.substr(15, 2)))};
  const unsigned hour = number(text.substr(17, 2));
  const unsigned minute = number(text.substr(19, 2));
  const unsigned second = number(text.substr(21, 2));
  if (!date.ok() || date.year() < std::chrono::year(1970)) {
    return refuse("meter code", "there is no such day");
  }
  if (hour > 23 || minute > 59 || second > 59) {
    return refuse("meter code", "there is no such time of day");
  }
  return MeterSerial{meter, std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                std::chrono::minutes(minute) + std::chrono::seconds(second)};
}

std::string canonical(const MailpieceCode& code) {
  struct Printer {
    std::string operator()(const Imb& imb) const { return "imb:" + imb.digits(); }
    std::string operator()(const S10& s10) const { return "s10:" + s10.to_string(); }
    std::string operator()(const Impb& impb) const { return "impb:" + impb.pic(); }
    std::string operator()(const MeterSerial& serial) const {
      return "meter:" + serial.to_string();
    }
    std::string operator()(const Mailmark& mailmark) const {
      const std::string text = mailmark.text();
      return "mailmark:" + text.substr(0, text.find_last_not_of(' ') + 1);
    }
  };
  return std::visit(Printer{}, code);
}

Result<MailpieceCode> parse_canonical(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view body = colon == text.npos ? "" : text.substr(colon + 1);
  const auto as_code = [](auto parsed) -> Result<MailpieceCode> {
    if (!parsed) return std::unexpected(parsed.error());
    return MailpieceCode(*std::move(parsed));
  };
  if (scheme == "imb") return as_code(Imb::parse(body));
  if (scheme == "s10") return as_code(S10::parse(body));
  if (scheme == "impb" && valid_pic(body)) return as_code(Impb::parse(body));
  if (scheme == "meter") return as_code(MeterSerial::parse(body));
  if (scheme == "mailmark") return as_code(parse_without_blanks(body));
  return fail(ErrorKind::invalid,
              "identification code: imb:, s10:, impb:, meter: or mailmark: and a valid code are "
              "wanted");
}

}  // namespace backstamp::postal
