#include "postal/event_json.h"

#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace backstamp::postal {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::pair<PieceMark, const char*> kMarkNames[] = {
    {PieceMark::touching, "touching"},
    {PieceMark::overlapping, "overlapping"},
    {PieceMark::too_long, "too_long"},
    {PieceMark::cut_short, "cut_short"},
    {PieceMark::untriggered, "untriggered"},
    {PieceMark::too_close, "too_close"},
    {PieceMark::faces_disagree, "faces_disagree"},
    {PieceMark::picture_missing, "picture_missing"},
};

}  // namespace

std::string event_to_json(const ScanEvent& event) {
  Json codes = Json::array();
  for (const SeenCode& seen : event.codes) {
    Json code{{"format", to_string(seen.symbology)}, {"hex", to_hex(seen.content)}};
    if (seen.code) code["code"] = canonical(*seen.code);
    codes.push_back(std::move(code));
  }
  Json token = nullptr;
  if (event.token) {
    token = {{"issuer", event.token->issuer},
             {"meter", event.token->meter},
             {"counter", event.token->counter}};
  }
  Json json{{"station", event.id.station},
            {"epoch", event.id.epoch},
            {"sequence", event.id.sequence},
            {"piece", event.piece},
            {"sample", event.sample},
            {"induced_at", format_utc(event.induced_at)},
            {"codes", std::move(codes)},
            {"token", std::move(token)},
            {"code", event.code ? Json(canonical(*event.code)) : Json(nullptr)},
            {"verdict", to_string(event.verdict)},
            {"decision", to_string(event.decision)},
            {"reason", to_string(event.reason)},
            {"cause", to_string(event.cause)},
            {"read_ms", static_cast<double>(event.read_time.count()) / 1e3},
            {"latency_ms", static_cast<double>(event.latency.count()) / 1e3},
            {"role", to_string(event.role)},
            {"pass", event.pass},
            {"place", event.place},
            {"rule", event.rule},
            {"evidence_bytes", event.evidence.size()},
            {"late", event.late},
            {"effort", event.effort},
            {"keys", event.keys},
            {"clock_trusted", event.clock_trusted},
            {"for_box", event.for_box}};
  if (!event.lane.empty()) {
    Json marks = Json::array();
    for (const auto& [mark, name] : kMarkNames) {
      if (event.marks & static_cast<std::uint32_t>(mark)) marks.push_back(name);
    }
    json["line"] = {{"lane", event.lane},
                    {"machine_piece", event.machine_piece},
                    {"pictures", event.pictures},
                    {"marks", std::move(marks)},
                    {"shed", to_string(event.shed)},
                    {"outlet", event.outlet}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace backstamp::postal
