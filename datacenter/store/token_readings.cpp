#include "datacenter/store/token_readings.h"

#include <algorithm>
#include <vector>

#include "datacenter/store/piece_book.h"
#include "uplink/wire.h"

namespace backstamp::datacenter {

using postal::DuplicateRule;
using postal::Reason;

namespace {

struct StoredReading {
  std::int64_t row = 0;
  postal::ScanEvent event;
};

/// The earliest readings of a token, one more than a piece can have.
std::vector<StoredReading> earliest(Database& database, const postal::TokenIdentity& token) {
  std::vector<StoredReading> readings;
  Query query(database,
              "SELECT e.id, e.body FROM events e JOIN stations s ON s.id = e.station "
              "WHERE e.meter = ?1 AND e.issuer = ?2 AND e.counter = ?3 AND e.verdict = ?4 "
              "ORDER BY e.induced_at, s.name, e.epoch, e.sequence LIMIT ?5",
              token.meter, token.issuer, to_column(token.counter), postal::Verdict::genuine,
              postal::kMostReadings + 1);
  while (query.step()) {
    auto event = uplink::parse_event(query.blob(1));
    if (!event) {
      throw SqlFailure(ErrorKind::invalid, database.name() + ": stored event " +
                                               std::to_string(query.integer(0)) + ": " +
                                               event.error().message);
    }
    readings.push_back({query.integer(0), std::move(*event)});
  }
  return readings;
}

void mark(Database& database, std::int64_t row, DuplicateRule rule) {
  Query(database,
        "INSERT INTO suspects (event, reason, rule, piece) "
        "SELECT id, ?2, ?3, piece FROM events WHERE id = ?1 "
        "ON CONFLICT (event, reason) DO UPDATE SET rule = excluded.rule",
        row, Reason::duplicate, postal::to_string(rule))
      .run();
}

void unmark(Database& database, std::int64_t row) {
  Query(database, "DELETE FROM suspects WHERE event = ?1 AND reason = ?2 AND review = 0", row,
        Reason::duplicate)
      .run();
}

}  // namespace

void settle_readings(Database& database, const postal::TokenIdentity& token, std::int64_t newest,
                     const postal::DuplicateRules& rules) {
  const std::vector<StoredReading> stored = earliest(database, token);
  if (stored.size() <= 1) return;
  std::vector<postal::RankedReading> readings;
  for (const StoredReading& one : stored) {
    readings.push_back({postal::reading_of(one.event), postal::stands_for_a_piece(one.event)});
  }
  const auto broken = postal::settle(readings, rules);
  bool newest_is_there = false;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    newest_is_there = newest_is_there || stored[i].row == newest;
    if (stored[i].event.reason == Reason::duplicate) continue;  // its station said so
    if (broken[i]) {
      mark(database, stored[i].row, *broken[i]);
    } else {
      unmark(database, stored[i].row);
    }
  }
  if (!newest_is_there) mark(database, newest, DuplicateRule::too_many_readings);
}

}  // namespace backstamp::datacenter
