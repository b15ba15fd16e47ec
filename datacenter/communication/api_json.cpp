#include "datacenter/communication/api_json.h"

#include <limits>

#include "datacenter/communication/strict_json.h"

namespace backstamp::datacenter {

namespace {

Result<Registration> parse_registration(const Json& json, std::size_t index, std::uint32_t meter) {
  constexpr std::uint64_t kIssuerLast = std::numeric_limits<std::uint32_t>::max();
  constexpr auto kCounterLast =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  Fields fields(json, "codes[" + std::to_string(index) + "]");
  Registration registration;
  const auto code = fields.text("code", [](std::string_view text) -> Result<std::string> {
    const auto parsed = postal::parse_canonical(text);
    if (!parsed) return std::unexpected(parsed.error());
    return postal::canonical(*parsed);
  });
  registration.code = code;
  registration.token.issuer = static_cast<std::uint32_t>(fields.number("issuer", 0, kIssuerLast));
  registration.token.meter = static_cast<std::uint32_t>(fields.number("meter", meter, meter));
  registration.token.counter = fields.number("counter", 1, kCounterLast);
  registration.postage = fields.text("postage", postal::Money::parse);
  registration.mailed = fields.text("mailed", parse_date);
  registration.service = static_cast<std::uint16_t>(fields.number("service", 0, 999));
  if (const Result<void> checked = fields.finish(); !checked) {
    return std::unexpected(checked.error());
  }
  return registration;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json notice_object(const NoticeRecord& notice) {
  return {{"notice", notice.number},          {"code", notice.code},
          {"state", to_string(notice.state)}, {"reason", postal::to_string(notice.reason)},
          {"station", notice.station},        {"at", format_utc(notice.at)}};
}

Json piece_object(const PieceRecord& piece) {
  Json json = {{"number", piece.number},
               {"code", piece.code},
               {"state", to_string(piece.state)},
               {"reason", postal::to_string(piece.reason)}};
  if (piece.registration) {
    const Registration& registration = *piece.registration;
    json["issuer"] = registration.token.issuer;
    json["meter"] = registration.token.meter;
    json["counter"] = registration.token.counter;
    json["postage"] = registration.postage.to_string();
    json["mailed"] = format_date(registration.mailed);
    json["service"] = registration.service;
    json["registered_at"] = format_utc(piece.registered_at);
  }
  if (piece.sighting) {
    json["station"] = piece.sighting->event.station;
    json["at"] = format_utc(piece.sighting->at);
  }
  return json;
}

}  // namespace

Result<std::vector<Registration>> parse_codes(std::string_view body, std::uint32_t meter) {
  const Result<Json> json = parse_strictly(body);
  if (!json) return std::unexpected(json.error());
  if (!json->is_object() || json->size() != 1 || !json->contains("codes") ||
      !json->at("codes").is_array()) {
    return fail(ErrorKind::invalid, "body: wanted {\"codes\": [...]}");
  }
  const Json& codes = json->at("codes");
  if (codes.empty()) return fail(ErrorKind::invalid, "codes: wanted at least one");
  if (codes.size() > kCodesPerRequest) {
    return fail(ErrorKind::limit,
                "codes: at most " + std::to_string(kCodesPerRequest) + " in one request");
  }
  std::vector<Registration> registrations;
  registrations.reserve(codes.size());
  for (const Json& code : codes) {
    Result<Registration> registration = parse_registration(code, registrations.size(), meter);
    if (!registration) return std::unexpected(registration.error());
    registrations.push_back(std::move(*registration));
  }
  return registrations;
}

std::string error_json(std::string_view message) {
  return dump({{"error", to_utf8(as_bytes(message))}});
}

std::string registered_json(const Registered& counts) {
  return dump({{"registered", counts.registered}, {"known", counts.known}});
}

std::string sync_json(std::uint32_t meter, const KnownRegisters& known, UtcTime now) {
  return dump({{"meter", meter},
               {"time", format_utc(now)},
               {"pieces", known.pieces},
               {"counter", known.counter},
               {"ascending", known.ascending.to_string()}});
}

std::string pieces_json(const std::vector<PieceRecord>& pieces, std::size_t limit) {
  Json list = Json::array();
  for (const PieceRecord& piece : pieces) list.push_back(piece_object(piece));
  Json json = {{"pieces", std::move(list)}, {"next", nullptr}};
  if (pieces.size() == limit) json["next"] = pieces.back().number;
  return dump(json);
}

std::string piece_json(const PieceRecord& piece, const std::vector<NoticeRecord>& history,
                       const std::vector<SuspectRecord>& suspects) {
  Json json = piece_object(piece);
  json["history"] = Json::array();
  for (const NoticeRecord& notice : history) {
    Json line = notice_object(notice);
    line.erase("code");
    line["event"] = to_string(notice.kind);
    json["history"].push_back(std::move(line));
  }
  json["suspects"] = Json::array();
  for (const SuspectRecord& suspect : suspects) {
    json["suspects"].push_back({{"reason", postal::to_string(suspect.reason)},
                                {"station", suspect.event.id.station},
                                {"at", format_utc(suspect.event.induced_at)}});
  }
  return dump(json);
}

std::string totals_json(std::uint32_t meter, const std::vector<NamedCount>& totals) {
  Json states = {{"registered", 0}, {"read", 0}, {"suspect", 0}, {"not_read", 0}};
  for (const NamedCount& state : totals) states[state.name] = state.count;
  return dump({{"meter", meter}, {"pieces", std::move(states)}});
}

std::string notice_json(const NoticeRecord& notice) {
  return dump(notice_object(notice));
}

}  // namespace backstamp::datacenter
