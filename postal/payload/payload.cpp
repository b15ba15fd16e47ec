// Which grammar a content belongs to, and how far it can be believed.
#include "postal/payload.h"

#include <utility>

#include "base/limits.h"
#include "postal/payload/deutsche_post.h"
#include "postal/payload/four_state.h"
#include "postal/payload/gs1.h"
#include "postal/payload/royal_mail.h"
#include "postal/payload/text.h"
#include "postal/payload/usps.h"

namespace backstamp::postal {
namespace {

using Parsed = std::optional<ParsedPayload>;

constexpr std::string_view kNoCheck = "the content bears no check of its own";

Parsed malformed(std::string_view kind, const Error& error) {
  return ParsedPayload{kind, PayloadStatus::malformed, error.message, {}};
}

template <typename T>
Parsed known(std::string_view kind, PayloadStatus status, std::string_view reason, T value) {
  return ParsedPayload{kind, status, std::string(reason), Payload(std::move(value))};
}

/// A content that can be of one kind only: its fields, or what is wrong.
template <typename T>
Parsed only(std::string_view kind, PayloadStatus status, std::string_view reason,
            Result<T> parsed) {
  if (!parsed) return malformed(kind, parsed.error());
  return known(kind, status, reason, *std::move(parsed));
}

Parsed parse_itf(std::string_view text) {
  if (text.size() == 12) {
    return only("Identcode", PayloadStatus::checked, "check digit, modulo 10 of weights 4 and 9",
                payload::parse_identcode(text));
  }
  if (text.size() != 14) return std::nullopt;
  auto leitcode = payload::parse_leitcode(text);
  // Packages of the trade bear GTINs in this symbology; one that agrees is no broken Leitcode.
  if (!leitcode && payload::all_digits(text) && gs1_check_digit(text.substr(0, 13)) == text[13]) {
    return std::nullopt;
  }
  return only("Leitcode", PayloadStatus::checked, "check digit, modulo 10 of weights 4 and 9",
              std::move(leitcode));
}

Parsed parse_gs1(std::string_view text, bool gs1) {
  const bool separated = text.find('\x1D') != text.npos;
  if (!separated && !gs1 && !payload::says_gs1(text)) return std::nullopt;
  auto elements = payload::parse_gs1(text);
  if (!elements) {
    if (!gs1 && !payload::says_gs1(text)) return std::nullopt;
    return malformed("GS1", elements.error());
  }
  const bool checked = payload::check_digits(*elements) > 0;
  return known("GS1", checked ? PayloadStatus::checked : PayloadStatus::unverified,
               checked ? "check digit, modulo 10 of weights 3 and 1" : kNoCheck,
               *std::move(elements));
}

/// The identification codes that any symbol of text may hold, and GS1.
Parsed parse_text(std::string_view text, bool gs1) {
  if (auto code = S10::parse(text)) {
    return known("S10", PayloadStatus::checked, "check digit, modulo 11", *std::move(code));
  } else if (payload::follows(text, "AANNNNNNNNNAA")) {
    return malformed("S10", code.error());
  }
  // An IMpb behind a mark of GS1, of whichever symbology, is one all the same.
  if (auto code = Impb::parse(payload::without_gs1_mark(text))) {
    return known("IMpb", PayloadStatus::checked, "check digit, modulo 10 of weights 3 and 1",
                 *std::move(code));
  }
  if (auto code = MeterSerial::parse(text)) {
    return known("meter serial", PayloadStatus::checked,
                 "check digit, modulo 10 of weights 3 and 1", *code);
  }
  return parse_gs1(text, gs1);
}

Parsed parse_royal_mail(std::string_view text) {
  constexpr std::size_t kLeast = 16;  // what stands there as a word is shorter
  if (text.size() >= 45 && text.starts_with("JGB ")) {
    return only("2D Mailmark", PayloadStatus::unverified, kNoCheck,
                payload::parse_mailmark_2d(text));
  }
  if (!payload::looks_like_royal_mail_mark(text) || text.size() < kLeast) return std::nullopt;
  return known("JGB, unknown form", PayloadStatus::unverified, "its layout is not public",
               RoyalMailMark{std::string(text)});
}

Parsed parse_matrixcode(ByteView content) {
  auto code = payload::parse_matrixcode(content);
  if (!code) return malformed("Matrixcode", code.error());
  const bool open = std::holds_alternative<DvFranking>(code->franking);
  return known("Matrixcode", PayloadStatus::unverified,
               open ? kNoCheck : "the layout behind its kind is not public", *std::move(code));
}

Parsed parse_matrix(Symbology symbology, ByteView content) {
  if (looks_like_token(content)) {
    auto token = parse_token(content);
    if (!token) return malformed("token", token.error());
    return known("token", PayloadStatus::unverified, "its signature is verified elsewhere",
                 std::move(token->token));
  }
  if (symbology == Symbology::data_matrix) {
    if (auto mark = parse_royal_mail(as_text(content))) return mark;
    if (payload::looks_like_matrixcode(content)) return parse_matrixcode(content);
    if (auto ibi = payload::parse_ibi_lite(content)) {
      return known("IBI Lite", PayloadStatus::unverified, "its MAC is not checked here",
                   *std::move(ibi));
    }
  }
  if (symbology == Symbology::data_matrix || symbology == Symbology::pdf417) {
    if (auto ibi = payload::parse_ibi(content)) {
      return known("IBI", PayloadStatus::unverified,
                   "the order of its fields is not confirmed, its signature not checked",
                   *std::move(ibi));
    }
  }
  return parse_text(as_text(content), false);
}

}  // namespace

std::string_view to_string(PayloadStatus status) {
  switch (status) {
    case PayloadStatus::checked:
      return "checked";
    case PayloadStatus::unverified:
      return "unverified";
    case PayloadStatus::malformed:
      return "malformed";
  }
  return "unverified";
}

std::optional<ParsedPayload> parse_payload(Symbology symbology, ByteView content, bool gs1) {
  using enum PayloadStatus;
  if (content.empty() || content.size() > limits::kSymbolContentBytes) return std::nullopt;
  const std::string_view text = as_text(content);
  switch (symbology) {
    case Symbology::data_matrix:
    case Symbology::qr_code:
    case Symbology::aztec:
    case Symbology::pdf417:
      return gs1 ? parse_text(text, true) : parse_matrix(symbology, content);
    case Symbology::code128:
      return parse_text(text, gs1);
    case Symbology::itf:
      return parse_itf(text);
    case Symbology::imb:
      return only("IMb", checked, "CRC-11 of the symbol", Imb::parse(text));
    case Symbology::mailmark:
      return only("Mailmark", checked, "Reed-Solomon code of the symbol", Mailmark::parse(text));
    case Symbology::rm4scc:
      return only("RM4SCC", checked, "check character of the symbol", payload::parse_rm4scc(text));
    case Symbology::kix:
      return only("KIX", unverified, "the symbol has no check", Kix::parse(text));
    case Symbology::australia_post:
      return only("Australia Post", checked, "Reed-Solomon code of the symbol",
                  AustraliaPost::parse(text));
    case Symbology::japan_post:
      return only("Japan Post", checked, "check character of the symbol",
                  payload::parse_japan_post(text));
    case Symbology::postnet:
      return only("POSTNET", checked, "check digit of the symbol, modulo 10",
                  payload::parse_postnet(text));
    case Symbology::planet:
      return only("PLANET", checked, "check digit of the symbol, modulo 10",
                  payload::parse_planet(text));
  }
  return std::nullopt;
}

}  // namespace backstamp::postal
