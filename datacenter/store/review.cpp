// What people make of suspect scans.
#include "datacenter/store/guard.h"
#include "datacenter/store/piece_book.h"

namespace backstamp::datacenter {

using postal::Reason;

std::string_view to_string(Review review) {
  switch (review) {
    case Review::open:
      return "open";
    case Review::confirmed:
      return "confirmed";
    case Review::dismissed:
      return "dismissed";
  }
  return "unknown";
}

Result<std::vector<MeterSuspects>> Store::suspects_by_meter() {
  return reading([&](Database& database) {
    std::vector<MeterSuspects> meters;
    Query query(database,
                "SELECT e.issuer, e.meter, x.reason, x.rule, sum(x.review = 0), "
                "sum(x.review = 1), sum(x.review = 2) FROM suspects x "
                "JOIN events e ON e.id = x.event WHERE e.meter IS NOT NULL "
                "GROUP BY e.meter, e.issuer, x.reason, x.rule "
                "ORDER BY e.meter, e.issuer, x.reason, x.rule");
    while (query.step()) {
      meters.push_back({static_cast<std::uint32_t>(query.integer(0)),
                        static_cast<std::uint32_t>(query.integer(1)),
                        static_cast<Reason>(query.integer(2)), query.text(3), query.integer(4),
                        query.integer(5), query.integer(6)});
    }
    return meters;
  });
}

Result<void> Store::review(const postal::EventId& event, Review review, const std::string& who,
                           UtcTime now) {
  if (who.empty()) return fail(ErrorKind::invalid, "a review has the name of who made it");
  std::optional<std::string> by;
  std::optional<std::int64_t> at;
  if (review != Review::open) {
    by = who;
    at = to_column(now);
  }
  const Result<bool> done = writing([&](Database& database) {
    Query(database,
          "UPDATE suspects SET review = ?4, reviewed_by = ?5, reviewed_at = ?6 WHERE event = "
          "(SELECT e.id FROM events e JOIN stations s ON s.id = e.station "
          "WHERE s.name = ?1 AND e.epoch = ?2 AND e.sequence = ?3)",
          event.station, to_column(event.epoch), to_column(event.sequence), review, by, at)
        .run();
    return database.changes() > 0;
  });
  if (!done) return std::unexpected(done.error());
  if (!*done) {
    return fail(ErrorKind::not_found, "there is no suspect scan " + event.station + " " +
                                          std::to_string(event.epoch) + " " +
                                          std::to_string(event.sequence));
  }
  return {};
}

}  // namespace backstamp::datacenter
