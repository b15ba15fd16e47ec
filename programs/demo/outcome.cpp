#include "programs/demo/outcome.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "postal/codes.h"

namespace backstamp::demo {
namespace {

/// A symbol as an event names it: format and content in hexadecimal.
using Symbol = std::pair<std::string, std::string>;

std::set<Symbol> printed_on(const PlannedFace& face) {
  std::set<Symbol> symbols;
  if (!face.token_hex.empty()) symbols.emplace("DataMatrix", face.token_hex);
  if (const auto code = postal::parse_canonical(face.code)) {
    if (const auto* imb = std::get_if<postal::Imb>(&*code)) {
      symbols.emplace("IMb", to_hex(as_bytes(imb->digits())));
    }
  }
  return symbols;
}

std::string text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Lists by the number of the piece, and by code.
struct Index {
  std::map<std::uint64_t, const Json*> event;
  std::map<std::uint64_t, std::string> suspect;  ///< reason
  std::map<std::uint64_t, std::string> no_read;  ///< cause
  std::map<std::string, const Json*> piece;
  std::multiset<std::string> accepted;  ///< contents of matrix symbols on accepted pieces

  explicit Index(const Books& books) {
    for (const Json& one : books.events) {
      event.emplace(one.value("piece", 0ull), &one);
      if (text(one, "decision") != "accept") continue;
      for (const Json& code : one.at("codes")) accepted.insert(text(code, "hex"));
    }
    for (const Json& one : books.suspects) {
      suspect.emplace(one.value("piece", 0ull), text(one, "suspect"));
    }
    for (const Json& one : books.no_reads) {
      no_read.emplace(one.value("piece", 0ull), text(one, "cause"));
    }
    for (const Json& one : books.pieces) piece.emplace(text(one, "code"), &one);
  }

  std::string suspected(std::uint64_t number) const {
    const auto at = suspect.find(number);
    return at == suspect.end() ? "" : at->second;
  }
  std::string state(const std::string& code) const {
    const auto at = piece.find(code);
    return at == piece.end() ? "" : text(*at->second, "state");
  }
  std::string reason(const std::string& code) const {
    const auto at = piece.find(code);
    return at == piece.end() ? "" : text(*at->second, "reason");
  }
};

/// Is the last word on this face the one that its kind deserves?
bool found(const PlannedFace& face, std::uint64_t number, const Index& index, bool read_right) {
  const std::string suspected = index.suspected(number);
  switch (face.kind) {
    case Kind::genuine:
      return index.state(face.code) == "read";
    case Kind::forged:
      return suspected == "forged" || suspected == "unknown_key";
    case Kind::copied:
      return suspected == "duplicate" && index.state(face.code) == "read";
    case Kind::revoked:
      return index.state(face.code) == "suspect" && index.reason(face.code) == "revoked";
    case Kind::expired:
      return index.state(face.code) == "suspect" && index.reason(face.code) == "expired";
    case Kind::moved:
      return index.state(face.token_code) == "suspect" &&
             index.reason(face.token_code) == "code_mismatch";
    case Kind::blank: {
      const auto at = index.no_read.find(number);
      return at != index.no_read.end() && at->second == "nothing_found";
    }
    case Kind::damaged: {
      const auto at = index.no_read.find(number);
      return read_right || (at != index.no_read.end() && at->second != "none");
    }
    case Kind::missing:
      return index.state(face.code) == "not_read";
  }
  return false;
}

void count_face(const PlannedFace& face, std::uint64_t number, const Index& index,
                Outcome& outcome) {
  const auto printed = printed_on(face);
  const auto at = index.event.find(number);
  if (at == index.event.end()) {
    ++outcome.lost;
    return;
  }
  const Json& event = *at->second;
  std::set<Symbol> read;
  for (const Json& code : event.at("codes")) read.emplace(text(code, "format"), text(code, "hex"));
  unsigned right = 0;
  for (const Symbol& one : read) {
    right += printed.contains(one);
    outcome.misread += !printed.contains(one);
  }
  if (face.kind != Kind::damaged) {
    for (const Symbol& one : printed) {
      auto& [hits, total] = outcome.read[one.first];
      hits += read.contains(one);
      ++total;
    }
  }
  const bool accepted = text(event, "decision") == "accept";
  const bool crooked = face.kind == Kind::forged || face.kind == Kind::copied ||
                       face.kind == Kind::revoked || face.kind == Kind::expired ||
                       face.kind == Kind::moved;
  outcome.passed += crooked && accepted;
  outcome.honest_diverted += face.kind == Kind::genuine && right == printed.size() && !accepted;
  ++outcome.verdicts[text(event, "verdict")];
  if (face.kind == Kind::genuine) return;
  Planted& planted = outcome.planted[to_string(face.kind)];
  ++planted.planted;
  if (found(face, number, index, right > 0 && right == read.size())) {
    ++planted.found;
  } else {
    outcome.missed.push_back(face.name + " (piece " + std::to_string(number) + "): verdict " +
                             text(event, "verdict") + ", reason " + text(event, "reason") +
                             ", cause " + text(event, "cause"));
  }
}

/// The last notice on a piece must be the data center's last state of it.
void count_notices(const Books& books, Outcome& outcome) {
  std::map<std::string, std::string> heard;
  for (const Json& notice : books.notices) heard[text(notice, "code")] = text(notice, "state");
  for (const Json& piece : books.pieces) {
    if (!piece.value("registered", false)) continue;
    ++outcome.states[text(piece, "state")];
    const auto at = heard.find(text(piece, "code"));
    outcome.unheard += at == heard.end() || at->second != text(piece, "state");
  }
}

}  // namespace

Outcome compare(const std::vector<PlannedFace>& faces, const std::vector<MintedPiece>& minted,
                const Books& books) {
  const Index index(books);
  Outcome outcome;
  outcome.pieces = faces.size();
  outcome.events = books.events.size();
  outcome.duplicated = books.events.size() - index.event.size();
  for (std::size_t i = 0; i < faces.size(); ++i) count_face(faces[i], i + 1, index, outcome);
  for (const MintedPiece& piece : minted) {
    if (piece.order.kind != Kind::missing) continue;
    Planted& planted = outcome.planted[to_string(Kind::missing)];
    ++planted.planted;
    if (index.state(piece.code) == "not_read") {
      ++planted.found;
    } else {
      outcome.missed.push_back(piece.order.name + ": state " + index.state(piece.code));
    }
  }
  count_notices(books, outcome);
  return outcome;
}

Json to_json(const Outcome& outcome, const Json& station_report) {
  Json read_rate = Json::object();
  for (const auto& [format, counts] : outcome.read) {
    read_rate[format] = counts.second == 0 ? 0.0 : double(counts.first) / counts.second;
  }
  Json scenes = Json::array();
  for (const Scene& scene : outcome.scenes) {
    scenes.push_back({{"what", scene.what},
                      {"verdict", scene.verdict},
                      {"decision", scene.decision},
                      {"reason", scene.reason},
                      {"center", scene.center},
                      {"right", scene.right}});
  }
  Json planted = Json::object();
  for (const auto& [kind, counts] : outcome.planted) {
    planted[kind] = {{"planted", counts.planted}, {"found", counts.found}};
  }
  const Json& latency = station_report.at("latency_ms");
  return {{"ok", outcome.ok()},
          {"pieces", outcome.pieces},
          {"events", outcome.events},
          {"lost", outcome.lost},
          {"duplicated", outcome.duplicated},
          {"misread", outcome.misread},
          {"passed", outcome.passed},
          {"honest_diverted", outcome.honest_diverted},
          {"unheard", outcome.unheard},
          {"read_rate", std::move(read_rate)},
          {"planted", std::move(planted)},
          {"scenes", std::move(scenes)},
          {"missed", outcome.missed},
          {"verdicts", outcome.verdicts},
          {"states", outcome.states},
          {"pieces_per_s", station_report.at("pieces_per_s")},
          {"latency_ms", {{"p50", latency.at("p50")}, {"p99", latency.at("p99")}}},
          {"read_ms", station_report.at("read_ms")}};
}

}  // namespace backstamp::demo
