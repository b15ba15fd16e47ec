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

std::vector<StationCause> read_causes(Database& database) {
  std::vector<StationCause> all;
  Query causes(database,
               "SELECT s.name, n.cause, n.count FROM no_reads n JOIN stations s "
               "ON s.id = n.station ORDER BY s.name, n.cause");
  while (causes.step()) {
    all.push_back(
        {causes.text(0), static_cast<postal::NoReadCause>(causes.integer(1)), causes.integer(2)});
  }
  return all;
}

/// All queries within its life see one moment; nothing is written.
class Moment {
 public:
  explicit Moment(Database& database) : database_(database) { Query(database, "BEGIN").run(); }
  ~Moment() {
    try {
      Query(database_, "COMMIT").run();
    } catch (const SqlFailure&) {  // a read transaction ends with its connection anyway
    }
  }

 private:
  Database& database_;
};

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
  totals.no_reads = read_causes(database);
}

}  // namespace

Result<Totals> Store::report_totals() {
  return reading([&](Database& database) {
    Totals totals;
    const Moment moment(database);
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

Result<StoreFigures> Store::figures() {
  return reading([&](Database& database) {
    StoreFigures figures;
    const Moment moment(database);
    std::map<PieceState, std::int64_t> counts;
    Query states(database, "SELECT state, sum(count) FROM meter_totals GROUP BY state");
    while (states.step()) counts[static_cast<PieceState>(states.integer(0))] = states.integer(1);
    for (int state = 0; state < kPieceStates; ++state) {
      const auto named = static_cast<PieceState>(state);
      figures.states.push_back({std::string(to_string(named)), counts[named]});
    }
    Query positions(database,
                    "SELECT s.name, p.epoch, p.contiguous, max(p.updated_at) FROM positions p "
                    "JOIN stations s ON s.id = p.station GROUP BY p.station ORDER BY s.name");
    while (positions.step()) {
      figures.positions.push_back({positions.text(0), from_column(positions.integer(1)),
                                   from_column(positions.integer(2)), 0,
                                   time_column(positions.integer(3))});
    }
    figures.no_reads = read_causes(database);
    figures.suspects_open = one_number(database, "SELECT count(*) FROM suspects WHERE review = 0");
    figures.meters = one_number(database, "SELECT count(*) FROM meters");
    figures.notices = one_number(database,
                                 "SELECT coalesce(sum((SELECT max(notice) FROM piece_history h "
                                 "WHERE h.meter = m.number)), 0) FROM meters m");
    figures.orders_open = one_number(database, "SELECT count(*) FROM orders WHERE outcome IS NULL");
    figures.conflicts = one_number(database, "SELECT count(*) FROM conflicts");
    return figures;
  });
}

}  // namespace backstamp::datacenter
