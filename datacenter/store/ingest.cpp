// Events come in: exactly once, whole batches, joined in the same transaction.
#include <limits>
#include <map>

#include "datacenter/store/guard.h"
#include "datacenter/store/piece_book.h"
#include "datacenter/store/token_readings.h"
#include "uplink/wire.h"

namespace backstamp::datacenter {

using postal::Reason;
using postal::ScanEvent;

namespace {

/// One batch on its way into the tables.
class Ingest {
 public:
  Ingest(Database& database, const postal::DuplicateRules& rules, UtcTime now)
      : database_(database), rules_(rules), pieces_(database), now_(now) {}

  void begin(const std::string& station, std::uint64_t epoch) {
    Query(database_, "INSERT OR IGNORE INTO stations (name) VALUES (?1)", station).run();
    Query query(database_, "SELECT id FROM stations WHERE name = ?1", station);
    query.step();
    station_ = query.integer(0);
    epoch_ = to_column(epoch);
  }

  /// Stores and joins one event unless it is here already.
  void take(const ScanEvent& event, ByteView body) {
    if (is_known(event, body)) return;
    ++new_;
    const ScanClass kind = classify(event);
    std::optional<PieceRow> by_code;
    if (event.code) by_code = pieces_.of_code(postal::canonical(*event.code));
    const std::int64_t row = insert(event, body, kind, by_code);
    if (kind == ScanClass::no_read) {
      ++no_reads_[event.cause];
      return;
    }
    if (kind == ScanClass::suspect) add_suspect(row, event.reason, event.rule, by_code);
    if (by_code) join(*by_code, event, row, by_code, true);
    if (event.token) {
      std::optional<PieceRow> by_token = pieces_.of_token(*event.token);
      if (by_token && !(by_code && by_code->id == by_token->id)) {
        join(*by_token, event, row, by_code, false);
      }
      if (event.verdict == postal::Verdict::genuine) {
        settle_readings(database_, *event.token, row, rules_);
      }
    }
  }

  /// Moves the contiguous position and writes the running counts; returns the position.
  std::uint64_t finish(std::uint64_t first, std::uint64_t last) {
    std::uint64_t position = stored_position();
    if (first <= position + 1 && last > position) position = last;
    while (holds(position + 1)) ++position;  // what came early, beyond a gap that is filled now
    Query(database_,
          "INSERT INTO positions (station, epoch, contiguous, updated_at) VALUES (?1, ?2, ?3, ?4) "
          "ON CONFLICT (station, epoch) DO UPDATE SET contiguous = excluded.contiguous, "
          "updated_at = excluded.updated_at",
          station_, epoch_, to_column(position), to_column(now_))
        .run();
    for (const auto& [cause, count] : no_reads_) {
      Query(database_,
            "INSERT INTO no_reads (station, cause, count) VALUES (?1, ?2, ?3) "
            "ON CONFLICT (station, cause) DO UPDATE SET count = count + excluded.count",
            station_, cause, count)
          .run();
    }
    add_counter("events_stored", new_);
    add_counter("events_known", known_);
    add_counter("events_conflicting", conflicts_);
    add_counter("batches", 1);
    pieces_.flush();
    return position;
  }

  bool announced() const { return pieces_.announced(); }

 private:
  bool is_known(const ScanEvent& event, ByteView body) {
    Query query(database_,
                "SELECT id, body FROM events WHERE station = ?1 AND epoch = ?2 AND sequence = ?3",
                station_, epoch_, to_column(event.id.sequence));
    if (!query.step()) return false;
    const ByteView stored = query.blob(1);
    if (std::equal(stored.begin(), stored.end(), body.begin(), body.end())) {
      ++known_;
      return true;
    }
    ++conflicts_;
    Query(database_,
          "INSERT OR IGNORE INTO conflicts (event, received_at, body) VALUES (?1, ?2, ?3)",
          query.integer(0), to_column(now_), body)
        .run();
    return true;
  }

  std::int64_t insert(const ScanEvent& event, ByteView body, ScanClass kind,
                      const std::optional<PieceRow>& piece) {
    std::optional<std::int64_t> piece_id;
    std::optional<std::int64_t> issuer;
    std::optional<std::int64_t> meter;
    std::optional<std::int64_t> counter;
    if (piece) piece_id = piece->id;
    if (event.token) {
      issuer = event.token->issuer;
      meter = event.token->meter;
      counter = to_column(event.token->counter);
    }
    Query(database_,
          "INSERT INTO events (station, epoch, sequence, received_at, induced_at, piece, issuer, "
          "meter, counter, class, verdict, decision, reason, cause, body) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
          station_, epoch_, to_column(event.id.sequence), to_column(now_),
          to_column(event.induced_at), piece_id, issuer, meter, counter, kind, event.verdict,
          event.decision, event.reason, event.cause, body)
        .run();
    return database_.last_row();
  }

  void join(PieceRow& piece, const ScanEvent& event, std::int64_t row,
            const std::optional<PieceRow>& code_piece, bool code_matches) {
    const Bearing found = absorb(piece.facts, event, row, code_matches);
    if (found == Bearing::mismatch || found == Bearing::own_mismatch) {
      add_suspect(row, Reason::code_mismatch, "registration", code_piece);
    }
    if (found != Bearing::none && found != Bearing::mismatch) pieces_.settle(piece, now_);
  }

  void add_suspect(std::int64_t row, Reason reason, std::string_view rule,
                   const std::optional<PieceRow>& piece) {
    std::optional<std::int64_t> piece_id;
    if (piece) piece_id = piece->id;
    Query(database_,
          "INSERT OR IGNORE INTO suspects (event, reason, rule, piece) VALUES (?1, ?2, ?3, ?4)",
          row, reason, rule, piece_id)
        .run();
  }

  std::uint64_t stored_position() {
    Query query(database_, "SELECT contiguous FROM positions WHERE station = ?1 AND epoch = ?2",
                station_, epoch_);
    return query.step() ? from_column(query.integer(0)) : 0;
  }

  bool holds(std::uint64_t sequence) {
    Query query(database_,
                "SELECT 1 FROM events WHERE station = ?1 AND epoch = ?2 AND sequence = ?3",
                station_, epoch_, to_column(sequence));
    return query.step();
  }

  void add_counter(const char* name, std::int64_t change) {
    if (change == 0) return;
    Query(database_,
          "INSERT INTO counters (name, value) VALUES (?1, ?2) "
          "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
          name, change)
        .run();
  }

  Database& database_;
  const postal::DuplicateRules& rules_;
  PieceBook pieces_;
  UtcTime now_;
  std::int64_t station_ = 0;
  std::int64_t epoch_ = 0;
  std::int64_t new_ = 0;
  std::int64_t known_ = 0;
  std::int64_t conflicts_ = 0;
  std::map<postal::NoReadCause, std::int64_t> no_reads_;
};

/// The events of a batch as bytes, when they are what the batch says they are.
Result<std::vector<Bytes>> checked_bodies(const uplink::EventBatch& batch) {
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::string who = "batch of station " + batch.station;
  if (!postal::valid_station_name(batch.station)) return fail(ErrorKind::invalid, who + ": name");
  if (batch.events.empty() || batch.first_sequence == 0 ||
      batch.first_sequence > kLast - batch.events.size()) {
    return fail(ErrorKind::invalid, who + ": empty, or its sequence is out of range");
  }
  std::vector<Bytes> bodies;
  bodies.reserve(batch.events.size());
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const ScanEvent& event = batch.events[i];
    const postal::EventId expected{batch.station, batch.epoch, batch.first_sequence + i};
    if (event.id != expected) {
      return fail(ErrorKind::invalid, who + ": event " + std::to_string(i) + " is another's");
    }
    Result<Bytes> body = uplink::serialize_event(event);
    if (!body) return fail(who, body.error());
    bodies.push_back(std::move(*body));
  }
  return bodies;
}

}  // namespace

Result<std::uint64_t> Store::store_batch(const uplink::EventBatch& batch, UtcTime now) {
  const Result<std::vector<Bytes>> bodies = checked_bodies(batch);
  if (!bodies) return std::unexpected(bodies.error());
  bool announced = false;
  Result<std::uint64_t> position = writing([&](Database& database) {
    Transaction transaction(database);
    Ingest ingest(database, duplicate_rules_, now);
    ingest.begin(batch.station, batch.epoch);
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      ingest.take(batch.events[i], (*bodies)[i]);
    }
    const std::uint64_t reached =
        ingest.finish(batch.first_sequence, batch.first_sequence + batch.events.size() - 1);
    transaction.commit();
    announced = ingest.announced();
    return reached;
  });
  if (position) woke(announced);
  return position;
}

}  // namespace backstamp::datacenter
