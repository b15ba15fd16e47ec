#include "datacenter/functions/address.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace backstamp::datacenter {
namespace {

struct ShortForm {
  std::string_view word;
  std::string_view short_form;
};

// The commonest of USPS Publication 28: directions (appendix B), street suffixes (C1), secondary
// units (C2). Sorted by word.
constexpr auto kShortForms = std::to_array<ShortForm>({
    {"ALLEY", "ALY"},       {"APARTMENT", "APT"}, {"AVENUE", "AVE"},    {"AVENUES", "AVE"},
    {"BOULEVARD", "BLVD"},  {"BRANCH", "BR"},     {"BRIDGE", "BRG"},    {"BUILDING", "BLDG"},
    {"CAUSEWAY", "CSWY"},   {"CENTER", "CTR"},    {"CENTRE", "CTR"},    {"CIRCLE", "CIR"},
    {"COURT", "CT"},        {"CREEK", "CRK"},     {"CRESCENT", "CRES"}, {"CROSSING", "XING"},
    {"DEPARTMENT", "DEPT"}, {"DRIVE", "DR"},      {"EAST", "E"},        {"ESTATES", "ESTS"},
    {"EXPRESSWAY", "EXPY"}, {"FLOOR", "FL"},      {"FOREST", "FRST"},   {"FREEWAY", "FWY"},
    {"GARDENS", "GDNS"},    {"GROVE", "GRV"},     {"HARBOR", "HBR"},    {"HEIGHTS", "HTS"},
    {"HIGHWAY", "HWY"},     {"HILL", "HL"},       {"HILLS", "HLS"},     {"HOLLOW", "HOLW"},
    {"ISLAND", "IS"},       {"JUNCTION", "JCT"},  {"LAKE", "LK"},       {"LANDING", "LNDG"},
    {"LANE", "LN"},         {"MEADOWS", "MDWS"},  {"MOUNT", "MT"},      {"MOUNTAIN", "MTN"},
    {"NORTH", "N"},         {"NORTHEAST", "NE"},  {"NORTHWEST", "NW"},  {"PARKWAY", "PKWY"},
    {"PLACE", "PL"},        {"PLAZA", "PLZ"},     {"POINT", "PT"},      {"RIDGE", "RDG"},
    {"RIVER", "RIV"},       {"ROAD", "RD"},       {"ROOM", "RM"},       {"SAINT", "ST"},
    {"SOUTH", "S"},         {"SOUTHEAST", "SE"},  {"SOUTHWEST", "SW"},  {"SPRINGS", "SPGS"},
    {"SQUARE", "SQ"},       {"STATION", "STA"},   {"STREET", "ST"},     {"SUITE", "STE"},
    {"SUMMIT", "SMT"},      {"TERRACE", "TER"},   {"TRAIL", "TRL"},     {"TURNPIKE", "TPKE"},
    {"VALLEY", "VLY"},      {"VIEW", "VW"},       {"VILLAGE", "VLG"},   {"WEST", "W"},
});
static_assert(std::is_sorted(kShortForms.begin(), kShortForms.end(),
                             [](const ShortForm& a, const ShortForm& b) {
                               return a.word < b.word;
                             }));

std::string_view shortened(std::string_view word) {
  const auto found = std::lower_bound(
      kShortForms.begin(), kShortForms.end(), word,
      [](const ShortForm& entry, std::string_view wanted) { return entry.word < wanted; });
  return found != kShortForms.end() && found->word == word ? found->short_form : word;
}

// What the letters U+00C0 to U+017F are without their marks; a blank for those that are none.
constexpr std::array<std::string_view, 192> kPlainLatin{
    "A", "A", "A",  "A",  "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I",  "I",   // 00C0
    "D", "N", "O",  "O",  "O", "O", "O",  " ", "O", "U", "U", "U", "U", "Y", "TH", "SS",  // 00D0
    "A", "A", "A",  "A",  "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I",  "I",   // 00E0
    "D", "N", "O",  "O",  "O", "O", "O",  " ", "O", "U", "U", "U", "U", "Y", "TH", "Y",   // 00F0
    "A", "A", "A",  "A",  "A", "A", "C",  "C", "C", "C", "C", "C", "C", "C", "D",  "D",   // 0100
    "D", "D", "E",  "E",  "E", "E", "E",  "E", "E", "E", "E", "E", "G", "G", "G",  "G",   // 0110
    "G", "G", "G",  "G",  "H", "H", "H",  "H", "I", "I", "I", "I", "I", "I", "I",  "I",   // 0120
    "I", "I", "IJ", "IJ", "J", "J", "K",  "K", "K", "L", "L", "L", "L", "L", "L",  "L",   // 0130
    "L", "L", "L",  "N",  "N", "N", "N",  "N", "N", "N", "N", "N", "O", "O", "O",  "O",   // 0140
    "O", "O", "OE", "OE", "R", "R", "R",  "R", "R", "R", "S", "S", "S", "S", "S",  "S",   // 0150
    "S", "S", "T",  "T",  "T", "T", "T",  "T", "U", "U", "U", "U", "U", "U", "U",  "U",   // 0160
    "U", "U", "U",  "U",  "W", "W", "Y",  "Y", "Y", "Z", "Z", "Z", "Z", "Z", "Z",  "S",   // 0170
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// One character of ASCII: capital letters and digits as they are, what may stand within a word
/// too, apostrophes and full stops as nothing, the rest as a blank.
void append_plain(std::string& out, char c) {
  if (c >= 'a' && c <= 'z') {
    out += static_cast<char>(c - 'a' + 'A');
  } else if ((c >= 'A' && c <= 'Z') || is_digit(c) || c == '#' || c == '-' || c == '/') {
    out += c;
  } else if (c != '\'' && c != '.') {
    out += ' ';
  }
}

/// The line in capitals without marks. Fails (invalid) on control characters; `line` is UTF-8.
Result<std::string> plain(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const auto lead = static_cast<std::uint8_t>(line[i]);
    if (lead < 0x20 || lead == 0x7F) return fail(ErrorKind::invalid, "has a control character");
    if (lead < 0x80) {
      append_plain(out, line[i++]);
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    const auto next = static_cast<unsigned>(static_cast<std::uint8_t>(line[i + 1]) & 0x3F);
    const unsigned letter = length == 2 ? (lead & 0x1Fu) << 6 | next : 0;
    if (length == 2 && letter < 0xA0) return fail(ErrorKind::invalid, "has a control character");
    if (length == 2 && letter < 0xC0) {
      out += ' ';
    } else if (length == 2 && letter < 0xC0 + kPlainLatin.size()) {
      out += kPlainLatin[letter - 0xC0];
    } else {
      out += line.substr(i, length);
    }
    i += length;
  }
  return out;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    std::string_view word = line.substr(at, end - at);
    while (!word.empty() && (word.front() == '-' || word.front() == '/')) word.remove_prefix(1);
    while (!word.empty() && (word.back() == '-' || word.back() == '/')) word.remove_suffix(1);
    if (!word.empty()) words.push_back(word);
    at = end + 1;
  }
  return words;
}

bool is_routing(std::string_view routing) {
  constexpr std::array<std::size_t, 4> kLengths{0, 5, 9, 11};
  return std::find(kLengths.begin(), kLengths.end(), routing.size()) != kLengths.end() &&
         std::all_of(routing.begin(), routing.end(), is_digit);
}

/// Is the word the ZIP or ZIP+4 that the routing digits begin with, or all of them?
bool repeats(std::string_view word, std::string_view routing) {
  std::string digits;
  for (const char c : word) {
    if (is_digit(c)) digits += c;
    if (!is_digit(c) && c != '-') return false;
  }
  return digits.size() >= 5 && is_routing(digits) && routing.starts_with(digits);
}

}  // namespace

Result<std::string> cleanse_address(std::span<const std::string> lines, std::string_view routing) {
  if (!is_routing(routing)) {
    return fail(ErrorKind::invalid, "routing: wanted 0, 5, 9 or 11 digits");
  }
  if (lines.size() > kAddressLines) {
    return fail(ErrorKind::limit,
                "an address has at most " + std::to_string(kAddressLines) + " lines");
  }
  std::string address;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = "line " + std::to_string(i + 1) + " of the address ";
    if (lines[i].size() > kAddressLineBytes) {
      return fail(ErrorKind::limit,
                  where + "is over " + std::to_string(kAddressLineBytes) + " bytes");
    }
    if (to_utf8(as_bytes(lines[i])) != lines[i]) {
      return fail(ErrorKind::invalid, where + "is not UTF-8");
    }
    const auto text = plain(lines[i]);
    if (!text) return fail(ErrorKind::invalid, where + text.error().message);
    auto words = words_of(*text);
    while (!words.empty() && repeats(words.back(), routing)) words.pop_back();
    if (words.empty()) continue;
    if (!address.empty()) address += '\n';
    for (std::size_t w = 0; w < words.size(); ++w) {
      if (w > 0) address += ' ';
      address += shortened(words[w]);
    }
  }
  if (address.empty()) return fail(ErrorKind::invalid, "the address has no words");
  if (!routing.empty()) (address += '\n') += routing;
  return address;
}

}  // namespace backstamp::datacenter
