// The payload grammar: what a symbol's content says, field by field.
//
// Layouts, their sources and worked examples are in docs/formats/payloads.md. Parsers are strict,
// printers are their inverses. What the grammar makes of a content says how far it can be believed;
// it never decides whether the symbol was read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "postal/australia_post.h"
#include "postal/codes.h"
#include "postal/kix.h"
#include "postal/mailmark.h"
#include "postal/money.h"
#include "postal/symbology.h"
#include "postal/token.h"

namespace backstamp::postal {

/// Royal Mail 2D Mailmark: 45 characters of fixed places, then what the customer adds.
struct Mailmark2d {
  char information_type = '0';   ///< a digit or a capital
  char mail_class = '0';         ///< a digit or a capital
  std::string supply_chain;      ///< 7 digits
  std::string item;              ///< 8 digits
  std::string destination;       ///< postcode and DPS, an outward code, "XY11" (abroad) or nothing
  char return_service = '0';     ///< '0' to '6'
  std::string return_postcode;   ///< a postcode or nothing
  std::string customer_content;  ///< at most 45 characters of ASCII

  bool operator==(const Mailmark2d&) const = default;
};

/// A Royal Mail mark ("JGB") of a form whose layout is not public.
struct RoyalMailMark {
  std::string content;

  bool operator==(const RoyalMailMark&) const = default;
};

/// Deutsche Post DV-Freimachung, the part of a Matrixcode after its kind.
struct DvFranking {
  std::uint8_t price_version = 0;  ///< of products and prices
  std::uint64_t customer = 0;      ///< 5 bytes
  std::uint16_t value_cents = 0;
  Date posted{};  ///< 2000 to 2099
  std::uint16_t product = 0;
  std::uint32_t piece = 0;  ///< 3 bytes, running
  std::uint8_t participation = 0;
  std::uint16_t billing = 0;
  std::uint8_t content_kind = 0;  ///< announces what the customer's bytes are
  Bytes customer_content;         ///< 19 or 5 bytes

  bool operator==(const DvFranking&) const = default;
};

/// Deutsche Post Matrixcode: "DEA", the kind of franking, and what that kind holds.
struct Matrixcode {
  std::uint8_t franking_kind = 0;
  std::variant<DvFranking, Bytes> franking;  ///< Bytes where the layout is not public

  bool operator==(const Matrixcode&) const = default;
};

/// USPS Information-Based Indicium: 49 bytes, 40 of signature, and what the vendor adds. The order
/// of the fields is not confirmed by a specification.
struct Ibi {
  std::uint8_t version = 0;
  std::uint8_t algorithm = 0;
  std::uint32_t certificate = 0;
  std::string device_model;  ///< vendor (2 digits) and model (2 digits or capitals)
  std::uint32_t device_serial = 0;
  std::uint64_t ascending = 0;  ///< register, 5 bytes, mills
  Money postage;                ///< 3 bytes
  Date mailed{};
  std::uint32_t licence_zip = 0;  ///< at most 99999
  std::uint64_t destination = 0;  ///< delivery point as a number, 5 bytes; 0 for none
  std::array<std::uint8_t, 6> software{};
  std::uint32_t descending = 0;  ///< register, mills
  std::array<std::uint8_t, 4> mail_class{};
  std::array<std::uint8_t, 40> signature{};
  Bytes vendor_content;  ///< at most 23 bytes

  bool operator==(const Ibi&) const = default;
};

/// USPS IBI Lite: 14 bytes and a truncated MAC.
struct IbiLite {
  std::uint8_t version = 0;
  std::uint32_t piece = 0;  ///< counter of the device
  std::uint8_t vendor_model = 0;
  std::uint32_t device_serial = 0;  ///< 3 bytes
  Money postage;                    ///< 3 bytes
  std::uint16_t service = 0;
  std::array<std::uint8_t, 6> mac{};

  bool operator==(const IbiLite&) const = default;
};

/// GS1 element strings.
struct Gs1Elements {
  struct Element {
    std::string identifier;  ///< the application identifier, 2 to 4 digits
    std::string value;
    bool operator==(const Element&) const = default;
  };
  std::vector<Element> elements;  ///< in their order; one that comes again has the same value

  bool operator==(const Gs1Elements&) const = default;
};

/// Deutsche Post Leitcode: where a parcel goes. Its 14th digit is the check digit.
struct Leitcode {
  std::string postcode;  ///< 5 digits
  std::string street;    ///< 3 digits
  std::string house;     ///< 3 digits
  std::string product;   ///< 2 digits

  bool operator==(const Leitcode&) const = default;
};

/// Deutsche Post Identcode: which parcel it is. Its 12th digit is the check digit.
struct Identcode {
  std::string centre;    ///< 2 digits
  std::string customer;  ///< 3 digits
  std::string item;      ///< 6 digits

  bool operator==(const Identcode&) const = default;
};

struct Postnet {
  std::string routing;  ///< ZIP, ZIP+4 or ZIP+4+delivery point: 5, 9 or 11 digits

  bool operator==(const Postnet&) const = default;
};

struct Planet {
  std::string digits;  ///< 11 or 13

  bool operator==(const Planet&) const = default;
};

struct Rm4scc {
  std::string postcode;        ///< United Kingdom, without its blank
  std::string delivery_point;  ///< suffix: a digit and a letter, or nothing

  bool operator==(const Rm4scc&) const = default;
};

struct JapanPost {
  std::string postcode;  ///< 7 digits
  std::string address;   ///< digits, '-' and capitals that fit 13 code characters

  bool operator==(const JapanPost&) const = default;
};

/// A content with its fields apart. `std::monostate`: none of the kinds, or malformed.
using Payload =
    std::variant<std::monostate, Imb, S10, Impb, MeterSerial, Token, Mailmark, Mailmark2d,
                 RoyalMailMark, Matrixcode, Ibi, IbiLite, Gs1Elements, Leitcode, Identcode, Postnet,
                 Planet, Kix, Rm4scc, AustraliaPost, JapanPost>;

/// How far the fields can be believed.
enum class PayloadStatus {
  checked,     ///< a check digit, CRC or error correction of the payload's own agrees
  unverified,  ///< nothing here can prove it, or its layout is not confirmed
  malformed,   ///< it begins like its kind and is none
};

/// "checked", "unverified", "malformed".
std::string_view to_string(PayloadStatus status);

/// A content as the grammar sees it.
struct ParsedPayload {
  std::string_view kind;  ///< "IMb", "2D Mailmark", …
  PayloadStatus status = PayloadStatus::unverified;
  std::string reason;  ///< what checked it, why it is unverified, or what is wrong
  Payload payload;     ///< std::monostate when malformed
};

/// What the content of a symbol is, where it is one of the kinds; nothing for any other content.
/// Strict: each field in its range, no character left over, every check digit verified. `gs1` says
/// that the symbol marked its content as GS1 element strings (FNC1 in the first place), which the
/// content itself need not show.
std::optional<ParsedPayload> parse_payload(Symbology symbology, ByteView content,
                                           bool gs1 = false);

/// One field for people and for JSON: a name in lower case with underscores (of GS1 the
/// application identifier), a text without control characters.
struct PayloadField {
  std::string name;
  std::string value;
};

/// The fields in the order of the layout; those that say nothing are left out.
std::vector<PayloadField> fields_of(const Payload& payload);

/// The content whose parse is `payload`, check digits included where the symbol's reader hands
/// them over. Nothing for std::monostate and Token, whose bytes carry more than its claims.
std::optional<Bytes> print_payload(const Payload& payload);

}  // namespace backstamp::postal
