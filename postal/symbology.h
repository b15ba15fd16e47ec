// The kinds of symbols, and a reading without its pixels.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "postal/codes.h"

namespace backstamp::postal {

enum class Symbology {
  data_matrix,
  qr_code,
  aztec,
  pdf417,
  code128,
  imb,
  itf,             ///< Interleaved 2 of 5: Leitcode (14 digits) and Identcode (12)
  mailmark,        ///< Royal Mail Mailmark C and L, 4-state
  rm4scc,          ///< Royal Mail 4-State Customer Code
  kix,             ///< PostNL: as RM4SCC without start, stop and check
  australia_post,  ///< 4-state customer code
  japan_post,
  postnet,
  planet,
};

/// How many there are: their numbers run from 0.
inline constexpr std::size_t kSymbologies = static_cast<std::size_t>(Symbology::planet) + 1;

/// Whether its content lies in two directions (PDF417 included), so that it can hold a token.
constexpr bool is_matrix(Symbology symbology) {
  return symbology <= Symbology::pdf417;
}

/// "DataMatrix", "QRCode", "Aztec", "PDF417", "Code128", "IMb", "ITF", "Mailmark", "RM4SCC",
/// "KIX", "AustraliaPost", "JapanPost", "POSTNET", "PLANET".
std::string_view to_string(Symbology symbology);
/// The inverse; case, '-' and '_' are ignored. Fails (invalid), naming the known ones.
Result<Symbology> parse_symbology(std::string_view name);

/// A reading as the rest of the loop sees it: what was in the symbol and what it means.
struct SeenCode {
  Symbology symbology = Symbology::data_matrix;
  Bytes content;                      ///< the symbol's content, at most limits::kSymbolContentBytes
  std::optional<MailpieceCode> code;  ///< the identification code that the content is
};

/// The identification code that a symbol's content is, if it is one: the digits of an IMb; a
/// Mailmark; S10, IMpb or the meter's serial, date and time in a Code 128 or a matrix code. The
/// other bar codes name an address only. Never guesses: every check digit must agree.
std::optional<MailpieceCode> identify(Symbology symbology, ByteView content);

}  // namespace backstamp::postal
