// Identification codes: which piece it is. Parsers are strict; printers are their inverses.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/error.h"
#include "postal/mailmark.h"

namespace backstamp::postal {

/// USPS Intelligent Mail barcode (USPS-B-3200 Rev H): 20 tracking digits and 0, 5, 9 or 11
/// routing digits. The Mailer ID has 9 digits when its first one is 9, else 6; Mailer ID and
/// serial number have 15 together.
struct Imb {
  std::string barcode_identifier;  ///< 2 digits, the second 0–4
  std::string service_type;        ///< 3 digits
  std::string mailer_id;           ///< 6 or 9 digits
  std::string serial_number;       ///< 9 or 6 digits
  std::string routing;             ///< "", ZIP, ZIP+4 or ZIP+4+delivery point, digits only

  auto operator<=>(const Imb&) const = default;
  std::string digits() const;  ///< tracking then routing: 20, 25, 29 or 31 digits
  static Result<Imb> parse(std::string_view digits);
};

/// UPU S10: service indicator, 8-digit serial number, check digit, country: "RR473124829GB".
struct S10 {
  std::string service;  ///< 2 letters; the first is none of J K S T W
  std::string serial;   ///< 8 digits
  std::string country;  ///< 2 letters (ISO 3166-1)

  auto operator<=>(const S10&) const = default;
  static char check_digit(std::string_view serial);  ///< of 8 digits; weights 8 6 4 2 3 5 9 7
  std::string to_string() const;                     ///< 13 characters
  static Result<S10> parse(std::string_view text);
};

/// USPS Intelligent Mail package barcode (USPS2000508): an optional 420 + ZIP and a package
/// identification code (PIC) whose last digit is its GS1 mod-10 check digit.
struct Impb {
  std::string zip;      ///< "", 5 or 9 digits
  std::string channel;  ///< application identifier: "91" to "95"
  std::string service;  ///< service type code, 3 digits
  std::string mailer;   ///< source-dependent identifier: digits
  std::string serial;   ///< digits
  // The PIC is channel + service + mailer + serial + check digit; 22 or 26 digits (91: 20 too).

  auto operator<=>(const Impb&) const = default;
  std::string pic() const;             ///< channel … check digit
  std::string element_string() const;  ///< 420ZIP<GS>PIC, or the PIC alone; GS is 0x1D
  /// With or without FNC1/GS separators and a leading "]C1" or GS.
  static Result<Impb> parse(std::string_view text);
};

/// The form without a number from a range: the serial number of the meter, the date and the time
/// of printing to the second. Printed "M" + 8 digits of serial + YYYYMMDD + HHMMSS + a mod-10
/// check digit (GS1 weights over all digits): 24 characters.
struct MeterSerial {
  std::uint32_t meter = 0;             ///< 1 to 99 999 999
  std::chrono::sys_seconds printed{};  ///< UTC

  auto operator<=>(const MeterSerial&) const = default;
  std::string to_string() const;
  static Result<MeterSerial> parse(std::string_view text);
};

/// Which piece it is. The order is stored in tokens: only ever append.
using MailpieceCode = std::variant<Imb, S10, Impb, MeterSerial, Mailmark>;

/// The one text by which codes are joined everywhere: "imb:01234567094987654321…",
/// "s10:RR473124829GB", "impb:9400…" (the PIC alone), "meter:M00000042…", "mailmark:21B22…"
/// (without the blanks at its end).
std::string canonical(const MailpieceCode& code);

/// The schemes of canonical(), in the order of MailpieceCode.
inline constexpr std::array<std::string_view, 5> kCodeSchemes{"imb", "s10", "impb", "meter",
                                                              "mailmark"};
static_assert(kCodeSchemes.size() == std::variant_size_v<MailpieceCode>);

/// The strict inverse of canonical().
Result<MailpieceCode> parse_canonical(std::string_view text);

/// The GS1 mod-10 check digit of `digits` (weights 3, 1 from the right).
char gs1_check_digit(std::string_view digits);

}  // namespace backstamp::postal
