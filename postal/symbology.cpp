#include "postal/symbology.h"

#include <algorithm>
#include <array>

namespace backstamp::postal {
namespace {

constexpr std::array<std::string_view, kSymbologies> kNames{
    "DataMatrix", "QRCode", "Aztec", "PDF417",        "Code128",   "IMb",     "ITF",
    "Mailmark",   "RM4SCC", "KIX",   "AustraliaPost", "JapanPost", "POSTNET", "PLANET"};
constexpr std::size_t kLongestCode = 64;  // an IMpb with "]C1" and ZIP+4 has 42 characters

std::string folded(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

}  // namespace

std::string_view to_string(Symbology symbology) {
  const auto index = static_cast<std::size_t>(symbology);
  return index < kNames.size() ? kNames[index] : "unknown";
}

Result<Symbology> parse_symbology(std::string_view name) {
  const std::string wanted = folded(name);
  std::string known;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (folded(kNames[i]) == wanted) return static_cast<Symbology>(i);
    known += (i == 0 ? "" : ", ") + std::string(kNames[i]);
  }
  return fail(ErrorKind::invalid,
              "symbology \"" + std::string(name.substr(0, 40)) + "\" is none of " + known);
}

std::optional<MailpieceCode> identify(Symbology symbology, ByteView content) {
  if (content.size() > kLongestCode) return std::nullopt;
  const std::string_view text = as_text(content);
  if (symbology == Symbology::imb) {
    if (auto imb = Imb::parse(text)) return *std::move(imb);
    return std::nullopt;
  }
  if (symbology == Symbology::mailmark) {
    if (auto mailmark = Mailmark::parse(text)) return *std::move(mailmark);
    return std::nullopt;
  }
  // The other bars say where a piece goes, not which piece it is.
  if (symbology > Symbology::itf) return std::nullopt;
  // The three grammars share no text: S10 has 13 characters and begins with a letter, the meter's
  // form has 24 and begins with M, an IMpb is digits.
  if (auto s10 = S10::parse(text)) return *std::move(s10);
  if (auto impb = Impb::parse(text)) return *std::move(impb);
  if (auto serial = MeterSerial::parse(text)) return *serial;
  return std::nullopt;
}

}  // namespace backstamp::postal
