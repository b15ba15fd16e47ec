// The numbers of a report, all read at one moment.
#include <map>

#include "datacenter/store/guard.h"
#include "datacenter/store/piece_book.h"

namespace backstamp::datacenter {

using postal::Reason;

namespace {

std::int64_t one_number(Database& database, std::string_view sql) {
  Query query(database, sql);
  return query.step() ? query.integer(0) : 0;
}

std::vector<NamedCount> by_reason(Database& database, std::string_view sql) {
  std::vector<NamedCount> counts;
  Query query(database, sql);
  while (query.step()) {
    counts.push_back(
        {std::string(postal::to_string(static_cast<Reason>(query.integer(0)))), query.integer(1)});
  }
  return counts;
}

void read_states(Database& database, Totals& totals) {
  std::map<std::int64_t, std::size_t> meters;
  Query names(database,
              "SELECT m.number, m.name, a.name FROM meters m JOIN accounts a ON a.id = m.account "
              "ORDER BY m.number");
  while (names.step()) {
    meters[names.integer(0)] = totals.meters.size();
    totals.meters.push_back(
        {static_cast<std::uint32_t>(names.integer(0)), names.text(1), names.text(2), {}});
  }
  Query states(database, "SELECT meter, state, count FROM meter_totals ORDER BY meter, state");
  while (states.step()) {
    const auto state = static_cast<PieceState>(states.integer(1));
    const auto meter = meters.find(states.integer(0));
    if (meter == meters.end()) continue;
    totals.meters[meter->second].states.push_back(
        {std::string(to_string(state)), states.integer(2)});
  }
  std::map<PieceState, std::int64_t> counts;
  Query pieces(database, "SELECT state, count(*) FROM pieces GROUP BY state");
  while (pieces.step()) counts[static_cast<PieceState>(pieces.integer(0))] = pieces.integer(1);
  for (int state = 0; state < kPieceStates; ++state) {
    const auto named = static_cast<PieceState>(state);
    totals.states.push_back({std::string(to_string(named)), counts[named]});
  }
}

void read_stations(Database& database, Totals& totals) {
  Query positions(database,
                  "SELECT s.name, p.epoch, p.contiguous, p.updated_at, (SELECT count(*) FROM "
                  "events e WHERE e.station = p.station AND e.epoch = p.epoch) FROM positions p "
                  "JOIN stations s ON s.id = p.station ORDER BY s.name, p.updated_at");
  while (positions.step()) {
    totals.positions.push_back(
        {positions.text(0), from_column(positions.integer(1)), from_column(positions.integer(2)),
         from_column(positions.integer(4)), time_column(positions.integer(3))});
  }
  Query causes(database,
               "SELECT s.name, n.cause, n.count FROM no_reads n JOIN stations s "
               "ON s.id = n.station ORDER BY s.name, n.cause");
  while (causes.step()) {
    totals.no_reads.push_back(
        {causes.text(0), static_cast<postal::NoReadCause>(causes.integer(1)), causes.integer(2)});
  }
}

}  // namespace

Result<Totals> Store::report_totals() {
  return reading([&](Database& database) {
    Totals totals;
    Query(database, "BEGIN").run();  // one moment for all; nothing is written
    struct End {
      Database& database;
      ~End() {
        try {
          Query(database, "COMMIT").run();
        } catch (const SqlFailure&) {  // a read transaction ends with its connection anyway
        }
      }
    } end{database};
    read_states(database, totals);
    read_stations(database, totals);
    totals.suspects = by_reason(database, "SELECT reason, count(*) FROM suspects GROUP BY reason");
    totals.reasons =
        by_reason(database, "SELECT reason, count(*) FROM pieces WHERE state = 2 GROUP BY reason");
    Query counters(database, "SELECT name, value FROM counters ORDER BY name");
    while (counters.step()) totals.counters.push_back({counters.text(0), counters.integer(1)});
    totals.events = one_number(database, "SELECT count(*) FROM events");
    totals.conflicts = one_number(database, "SELECT count(*) FROM conflicts");
    return totals;
  });
}

}  // namespace backstamp::datacenter
