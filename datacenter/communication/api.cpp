#include "datacenter/communication/api.h"

#include "datacenter/communication/answers.h"
#include "datacenter/communication/api_json.h"

namespace backstamp::datacenter {

using http::Request;
using http::Response;

namespace {

constexpr std::size_t kNoticesAtOnce = 500;
constexpr std::size_t kPiecesUnlessTold = 100;

template <typename Work>
http::Server::Handler for_meter(Store& store, Work work) {
  return [&store, work](const Request& request) -> Response {
    const auto meter = authorize(store, request);
    if (const auto* refused = std::get_if<Response>(&meter)) return *refused;
    return work(store, std::get<std::uint32_t>(meter), request);
  };
}

Response post_codes(Store& store, std::uint32_t meter, const Request& request) {
  const auto codes = parse_codes(request.body, meter);
  if (!codes) return refusal(codes.error());
  const auto done = store.register_pieces(meter, *codes, utc_now());
  if (!done) return refusal(done.error());
  return success(registered_json(*done));
}

Response get_totals(Store& store, std::uint32_t meter, const Request&) {
  const auto totals = store.totals(meter);
  if (!totals) return refusal(totals.error());
  return success(totals_json(meter, *totals));
}

Response get_sync(Store& store, std::uint32_t meter, const Request&) {
  const auto known = store.known_registers(meter);
  if (!known) return refusal(known.error());
  return success(sync_json(meter, *known, utc_now()));
}

Response get_pieces(Store& store, std::uint32_t meter, const Request& request) {
  std::int64_t after = 0;
  std::int64_t limit = kPiecesUnlessTold;
  for (const auto& [name, text] : request.query) {
    const auto value = whole_number(text);
    if (name != "after" && name != "limit") return refusal(422, "query: wanted after and limit");
    if (!value) return refusal(422, name + ": wanted a whole number");
    (name == "after" ? after : limit) = *value;
  }
  if (limit < 1 || limit > static_cast<std::int64_t>(kPiecesPerPage)) {
    return refusal(422, "limit: wanted 1 to " + std::to_string(kPiecesPerPage));
  }
  const auto wanted = static_cast<std::size_t>(limit);
  const auto pieces = store.pieces(meter, after, wanted);
  if (!pieces) return refusal(pieces.error());
  return success(pieces_json(*pieces, wanted));
}

Response get_piece(Store& store, std::uint32_t meter, const Request& request) {
  const std::string& code = request.parameters.at(1);
  if (const auto parsed = postal::parse_canonical(code); !parsed) {
    return refusal(422, "code: " + parsed.error().message);
  }
  const auto piece = store.piece(meter, code);
  if (!piece) return refusal(piece.error());
  if (!*piece) return refusal(404, "this meter has registered no such code");
  const auto history = store.history(meter, code);
  if (!history) return refusal(history.error());
  const auto suspects = store.suspects(meter, code);
  if (!suspects) return refusal(suspects.error());
  return success(piece_json(**piece, *history, *suspects));
}

std::vector<http::ServerEvent> notices_after(Store& store, std::uint32_t meter,
                                             const std::string& last_id) {
  std::vector<http::ServerEvent> events;
  const auto after = last_id.empty() ? 0 : whole_number(last_id);
  if (!after) return events;
  const auto notices = store.notices(meter, *after, kNoticesAtOnce);
  if (!notices) return events;  // asked again in a second
  events.reserve(notices->size());
  for (const NoticeRecord& notice : *notices) {
    events.push_back(
        {std::to_string(notice.number), std::string(to_string(notice.kind)), notice_json(notice)});
  }
  return events;
}

std::variant<Response, http::EventSource> open_notices(Store& store, const Request& request) {
  const auto meter = authorize(store, request);
  if (const auto* refused = std::get_if<Response>(&meter)) return *refused;
  const auto last = request.headers.find("last-event-id");
  if (last != request.headers.end() && !last->second.empty() && !whole_number(last->second)) {
    return refusal(422, "Last-Event-ID: wanted the number of a notice");
  }
  return http::EventSource(
      [&store, number = std::get<std::uint32_t>(meter)](const std::string& last_id) {
        return notices_after(store, number, last_id);
      });
}

}  // namespace

void add_api_routes(http::Server& server, Store& store) {
  server.route("GET", "/v1/health", [](const Request&) { return success("{\"status\":\"ok\"}"); });
  server.route("POST", "/v1/meters/*/codes", for_meter(store, post_codes));
  server.route("GET", "/v1/meters/*/sync", for_meter(store, get_sync));
  server.route("GET", "/v1/meters/*/pieces", for_meter(store, get_pieces));
  server.route("GET", "/v1/meters/*/pieces/*", for_meter(store, get_piece));
  server.route("GET", "/v1/meters/*", for_meter(store, get_totals));
  server.stream("/v1/meters/*/notices",
                [&store](const Request& request) { return open_notices(store, request); });
}

}  // namespace backstamp::datacenter
