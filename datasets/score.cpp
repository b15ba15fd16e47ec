#include "datasets/score.h"

#include <algorithm>
#include <set>

namespace backstamp::datasets {
namespace {

using Name = std::string_view;

constexpr std::pair<Name, Name> kOtherNames[] = {
    {"qr", "qrcode"},
    {"qrcodemodel2", "qrcode"},
    {"datamatrixecc200", "datamatrix"},
    {"ecc200", "datamatrix"},
    {"azteccode", "aztec"},
    {"gs1128", "code128"},
    {"ean128", "code128"},
    {"uspsimb", "imb"},
    {"onecode", "imb"},
    {"intelligentmail", "imb"},
    {"uspsimail", "imb"},
    {"royalmail4state", "rm4scc"},
    {"cbc", "rm4scc"},
    {"kixcode", "kix"},
    {"mailmark4s", "mailmark"},
    {"mailmark4state", "mailmark"},
    {"mailmarkc", "mailmark"},
    {"mailmarkl", "mailmark"},
    {"upc", "upca"},
    {"ean13", "upca"},
    {"isbn", "upca"},
};

constexpr Name kMatrix[] = {"DataMatrix", "QRCode", "PDF417", "Aztec"};
constexpr Name kLinear[] = {"Code128", "ITF"};
constexpr Name kBars[] = {"IMb",           "RM4SCC",    "KIX",     "Mailmark",
                          "AustraliaPost", "JapanPost", "POSTNET", "PLANET"};
constexpr TypeFamily kFamilies[] = {{"2-D", kMatrix}, {"linear", kLinear}, {"4-state", kBars}};
constexpr Name kClasses[] = {"clean", "typical", "hard", "extreme", "blank"};

void drop(Bytes& content, Name unwanted) {
  std::erase_if(content,
                [&](std::uint8_t c) { return unwanted.find(static_cast<char>(c)) != Name::npos; });
}

/// Those of `known` that are in `found`, then the others.
std::vector<std::string> in_order(std::set<std::string> found, std::span<const Name> known) {
  std::vector<std::string> sorted;
  for (const Name name : known)
    if (found.erase(std::string(name)) > 0) sorted.emplace_back(name);
  sorted.insert(sorted.end(), found.begin(), found.end());
  return sorted;
}

}  // namespace

std::string folded_type(std::string_view type) {
  std::string folded;
  for (const char c : type) {
    if (c >= 'A' && c <= 'Z') folded += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) folded += c;
  }
  for (const auto& [other, name] : kOtherNames)
    if (folded == other) return std::string(name);
  return folded;
}

Bytes comparable_content(std::string_view type, ByteView content) {
  Bytes result(content.begin(), content.end());
  if (type == "code128") drop(result, "\x1D()");
  if (type == "imb") std::erase_if(result, [](std::uint8_t c) { return c < '0' || c > '9'; });
  if (type == "mailmark")
    while (!result.empty() && result.back() == ' ') result.pop_back();
  if (type == "upca")
    result.erase(result.begin(), std::find_if(result.begin(), result.end(),
                                              [](std::uint8_t c) { return c != '0'; }));
  return result;
}

FaceScore score_face(const FaceTruth& truth, std::span<const SeenSymbol> seen) {
  std::vector<std::pair<std::string, Bytes>> wanted;
  for (const TrueSymbol& symbol : truth.symbols) {
    std::string type = folded_type(symbol.type);
    Bytes content = comparable_content(type, symbol.content);
    wanted.emplace_back(std::move(type), std::move(content));
  }
  FaceScore score;
  score.read.resize(wanted.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::string type = folded_type(seen[i].type);
    const auto found = std::find(wanted.begin(), wanted.end(),
                                 std::pair(type, comparable_content(type, seen[i].content)));
    if (found == wanted.end()) {
      score.misreads.push_back(i);
      continue;
    }
    const auto at = static_cast<std::size_t>(found - wanted.begin());
    if (score.read[at])
      ++score.twice;
    else
      score.right.push_back(i);
    score.read[at] = true;
  }
  return score;
}

void ScoreSheet::add(const FaceTruth& truth, const FaceScore& score) {
  ++images;
  twice += score.twice;
  misreads += score.misreads.size();
  if (!truth.has_code) {
    ++blanks;
    on_blanks += score.misreads.size();
  }
  Count here;
  for (std::size_t i = 0; i < truth.symbols.size(); ++i) {
    if (!truth.symbols[i].postal()) continue;
    const Count one{score.read[i] ? 1u : 0u, 1};
    symbols[{truth.symbols[i].type, truth.face_class}] += one;
    here += one;
  }
  if (here.total > 0) faces[truth.face_class] += {here.read == here.total ? 1u : 0u, 1};
}

Count ScoreSheet::sum(std::span<const std::string_view> of, std::string_view face_class) const {
  Count total;
  for (const auto& [cell, count] : symbols) {
    const bool wanted = std::find(of.begin(), of.end(), cell.first) != of.end();
    if (wanted && (face_class.empty() || face_class == cell.second)) total += count;
  }
  return total;
}

std::vector<std::string> ScoreSheet::types() const {
  std::set<std::string> found;
  for (const auto& [cell, count] : symbols) found.insert(cell.first);
  std::vector<Name> order;
  for (const TypeFamily& family : kFamilies)
    order.insert(order.end(), family.types.begin(), family.types.end());
  return in_order(std::move(found), order);
}

std::vector<std::string> ScoreSheet::classes() const {
  std::set<std::string> found;
  for (const auto& [cell, count] : symbols) found.insert(cell.second);
  return in_order(std::move(found), kClasses);
}

std::span<const TypeFamily> type_families() {
  return kFamilies;
}

}  // namespace backstamp::datasets
