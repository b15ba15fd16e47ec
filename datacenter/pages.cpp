#include "datacenter/pages.h"

#include <algorithm>

namespace backstamp::datacenter {
namespace {

const std::vector<double> kDatabaseBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                             0.05,   0.1,   0.25,   0.5,   1,    2.5};

double seconds_since(UtcTime then, UtcTime now) {
  return std::max(0.0, std::chrono::duration<double>(now - then).count());
}

}  // namespace

void add_metrics(metrics::Page& page, const StoreFigures& store, UtcTime now) {
  for (const NamedCount& state : store.states) {
    page.gauge("backstamp_dc_pieces", "Registered pieces by what became of them.",
               {{"state", state.name}}, static_cast<double>(state.count));
  }
  for (const StationPosition& station : store.positions) {
    page.gauge("backstamp_dc_station_sequence",
               "Up to which sequence everything of the station's newest epoch is stored.",
               {{"station", station.station}}, static_cast<double>(station.contiguous));
    page.gauge("backstamp_dc_station_last_event_age_seconds",
               "Since events of the station were last stored.", {{"station", station.station}},
               seconds_since(station.updated_at, now));
  }
  for (const StationCause& cause : store.no_reads) {
    page.counter("backstamp_dc_no_reads_total", "Events that name no piece, by cause.",
                 {{"station", cause.station}, {"cause", std::string(to_string(cause.cause))}},
                 static_cast<double>(cause.count));
  }
  page.gauge("backstamp_dc_suspects_open", "Suspect scans that nobody has reviewed.", {},
             static_cast<double>(store.suspects_open));
  page.gauge("backstamp_dc_meters", "Meters that may register.", {},
             static_cast<double>(store.meters));
  page.counter("backstamp_dc_notices_total", "Notices to meters.", {},
               static_cast<double>(store.notices));
  page.gauge("backstamp_dc_orders_open", "Orders to the meter box whose outcome is not known.", {},
             static_cast<double>(store.orders_open));
  page.counter("backstamp_dc_conflicts_total",
               "Events that came again with another content under the same identity.", {},
               static_cast<double>(store.conflicts));
}

void add_metrics(metrics::Page& page, const uplink::ReceiverCounters& uplink) {
  const auto count = [&](const char* name, const char* help, std::uint64_t value) {
    page.counter(name, help, {}, static_cast<double>(value));
  };
  count("backstamp_dc_uplink_batches_total", "Messages with events.", uplink.batches);
  count("backstamp_dc_uplink_events_total", "Events that came, those that came again included.",
        uplink.events);
  count("backstamp_dc_uplink_keys_sent_total", "Key bundles and deltas sent to stations.",
        uplink.keys_sent);
  count("backstamp_dc_uplink_gaps_total", "Messages that began beyond what is stored.",
        uplink.gaps);
  const auto refused = [&](const char* why, std::uint64_t value) {
    page.counter("backstamp_dc_uplink_refused_total", "Connections and messages that were refused.",
                 {{"why", why}}, static_cast<double>(value));
  };
  refused("handshake", uplink.refused_handshakes);
  refused("malformed", uplink.malformed);
  refused("oversized", uplink.oversized);
  refused("impostor", uplink.impostors);
}

void add_metrics(metrics::Page& page, const http::ServerCounters& https) {
  for (std::size_t digit = 2; digit < 6; ++digit) {
    page.counter("backstamp_dc_requests_total", "Requests of meters and mailers, by answer.",
                 {{"status", std::to_string(digit) + "xx"}},
                 static_cast<double>(https.answers[digit]));
  }
  page.counter("backstamp_dc_https_connections_total", "Connections that were made.", {},
               static_cast<double>(https.connections));
  page.counter("backstamp_dc_https_refused_total", "Connections beyond the limit.", {},
               static_cast<double>(https.refused));
  page.gauge("backstamp_dc_https_open", "Connections now.", {}, static_cast<double>(https.open));
}

void add_metrics(metrics::Page& page, const OwnFigures& own) {
  page.histogram("backstamp_dc_store_seconds",
                 "What storing one message of events took, its commit included.", {},
                 own.store_time, kDatabaseBounds);
  page.histogram("backstamp_dc_read_seconds", "What the queries behind this page took.", {},
                 own.read_time, kDatabaseBounds);
  if (own.has_box) {
    page.gauge("backstamp_dc_meterbox_up", "1 when the secure meter box answered last.", {},
               own.box_reached ? 1 : 0);
  }
  if (own.keys_sequence > 0) {
    page.gauge("backstamp_dc_keys_sequence", "Sequence of the key bundle that is published.", {},
               static_cast<double>(own.keys_sequence));
  }
}

uplink::ReceiverCounters operator+(uplink::ReceiverCounters sum,
                                   const uplink::ReceiverCounters& more) {
  sum.batches += more.batches;
  sum.events += more.events;
  sum.refused_handshakes += more.refused_handshakes;
  sum.malformed += more.malformed;
  sum.oversized += more.oversized;
  sum.impostors += more.impostors;
  sum.gaps += more.gaps;
  sum.keys_sent += more.keys_sent;
  return sum;
}

}  // namespace backstamp::datacenter
