#include "programs/bench/run_file.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace backstamp::bench {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

bool flag_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::optional<double> time_of(const json& object) {
  const auto found = object.find("ms");
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto ms = found->get<double>();
  return std::isfinite(ms) && ms >= 0 ? std::optional(ms) : std::nullopt;
}

bool add_symbols(const json& entry, RecordedFace& face) {
  const auto symbols = entry.find("symbols");
  if (symbols == entry.end() || !symbols->is_array()) return false;
  for (const json& one : *symbols) {
    RecordedSymbol symbol{text_of(one, "type"), text_of(one, "hex"), true, false};
    if (symbol.type.empty() || !one.contains("read")) return false;
    symbol.postal = text_of(one, "role") != "decoy";
    symbol.read = flag_of(one, "read");
    face.symbols.push_back(std::move(symbol));
  }
  return true;
}

/// Misreads are places among the reads.
bool add_misreads(const json& entry, RecordedFace& face) {
  const auto reads = entry.find("reads");
  const auto misreads = entry.find("misreads");
  if (reads == entry.end() || !reads->is_array() || misreads == entry.end() ||
      !misreads->is_array())
    return false;
  for (const json& place : *misreads) {
    if (!place.is_number_unsigned() || place.get<std::uint64_t>() >= reads->size()) return false;
    const json& read = (*reads)[place.get<std::size_t>()];
    face.misreads.push_back(text_of(read, "format") + " " + text_of(read, "hex"));
  }
  return true;
}

std::optional<RecordedFace> face_of(const json& entry) {
  if (!entry.is_object()) return std::nullopt;
  RecordedFace face;
  face.image = text_of(entry, "image");
  face.face_class = text_of(entry, "class");
  face.crashed = flag_of(entry, "crashed");
  const auto ms = time_of(entry);
  if (face.image.empty() || face.face_class.empty() || !ms || !add_symbols(entry, face) ||
      !add_misreads(entry, face))
    return std::nullopt;
  face.ms = *ms;
  const auto peer = entry.find("peer");
  if (peer != entry.end() && peer->is_object() && !flag_of(*peer, "crashed"))
    face.peer_ms = time_of(*peer);
  return face;
}

}  // namespace

Result<RecordedRun> parse_run(ByteView text) {
  const json run = json::parse(as_text(text), nullptr, false);
  if (text_of(run, "bench") != kRunFormat)
    return fail(ErrorKind::invalid, "not the JSON of a `backstamp bench read`");
  if (!run.contains("version") || run["version"] != kRunVersion)
    return fail(ErrorKind::invalid, "of another version of `backstamp bench read`");
  const auto results = run.find("results");
  if (results == run.end() || !results->is_array())
    return fail(ErrorKind::invalid, "holds no results");
  RecordedRun recorded{text_of(run, "clock"), {}};
  std::vector<RecordedFace>& faces = recorded.faces;
  std::set<std::string> images;
  for (const json& entry : *results) {
    auto face = face_of(entry);
    const std::string number = "result " + std::to_string(faces.size() + 1);
    if (!face) return fail(ErrorKind::invalid, number + " is not a face's");
    if (!images.insert(face->image).second)
      return fail(ErrorKind::invalid, number + ": " + face->image + " a second time");
    faces.push_back(std::move(*face));
  }
  return recorded;
}

}  // namespace backstamp::bench
