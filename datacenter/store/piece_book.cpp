#include "datacenter/store/piece_book.h"

#include "base/assert.h"

namespace backstamp::datacenter {

using postal::Reason;

namespace {

#define PIECE_COLUMNS                                                        \
  "p.id, p.state, p.reason, p.waiting_over, p.read_event, p.suspect_event, " \
  "p.suspect_reason, r.meter, r.issuer, r.counter "

constexpr std::string_view kByCode =
    "SELECT " PIECE_COLUMNS
    "FROM pieces p LEFT JOIN registrations r ON r.piece = p.id WHERE p.code = ?1";
constexpr std::string_view kById =
    "SELECT " PIECE_COLUMNS
    "FROM pieces p LEFT JOIN registrations r ON r.piece = p.id WHERE p.id = ?1";
constexpr std::string_view kByToken = "SELECT " PIECE_COLUMNS
                                      "FROM registrations r JOIN pieces p ON p.id = r.piece "
                                      "WHERE r.meter = ?1 AND r.issuer = ?2 AND r.counter = ?3";

#undef PIECE_COLUMNS

std::optional<std::int64_t> row_of_sighting(const std::optional<Sighting>& sighting) {
  if (!sighting) return std::nullopt;
  return sighting->row;
}

}  // namespace

PieceRow PieceBook::row_of(const Query& query) const {
  PieceRow piece;
  piece.id = query.integer(0);
  piece.stored = {static_cast<PieceState>(query.integer(1)), static_cast<Reason>(query.integer(2))};
  piece.facts.waiting_over = query.integer(3) != 0;
  if (!query.null(7)) {
    piece.meter = static_cast<std::uint32_t>(query.integer(7));
    piece.facts.registered = postal::TokenIdentity{static_cast<std::uint32_t>(query.integer(8)),
                                                   *piece.meter, from_column(query.integer(9))};
  }
  return piece;
}

std::optional<Sighting> PieceBook::sighting_of(std::optional<std::int64_t> event, Reason reason) {
  if (!event) return std::nullopt;
  Query query(database_,
              "SELECT e.induced_at, s.name, e.epoch, e.sequence FROM events e "
              "JOIN stations s ON s.id = e.station WHERE e.id = ?1",
              *event);
  BACKSTAMP_ASSERT(query.step());
  return Sighting{*event,
                  time_column(query.integer(0)),
                  {query.text(1), from_column(query.integer(2)), from_column(query.integer(3))},
                  reason};
}

void PieceBook::load_sightings(PieceRow& piece, std::optional<std::int64_t> read_event,
                               std::optional<std::int64_t> suspect_event, Reason reason) {
  piece.facts.first_read = sighting_of(read_event, Reason::none);
  piece.facts.first_suspect = sighting_of(suspect_event, reason);
}

PieceRow PieceBook::of_code(const std::string& code) {
  {
    Query query(database_, kByCode, code);
    if (query.step()) {
      PieceRow piece = row_of(query);
      load_sightings(piece, query.integer_if(4), query.integer_if(5),
                     static_cast<Reason>(query.integer(6)));
      return piece;
    }
  }
  Query(database_, "INSERT INTO pieces (code, state, reason) VALUES (?1, ?2, 0)", code,
        PieceState::unregistered)
      .run();
  PieceRow piece;
  piece.id = database_.last_row();
  return piece;
}

std::optional<PieceRow> PieceBook::of_id(std::int64_t id) {
  Query query(database_, kById, id);
  if (!query.step()) return std::nullopt;
  PieceRow piece = row_of(query);
  load_sightings(piece, query.integer_if(4), query.integer_if(5),
                 static_cast<Reason>(query.integer(6)));
  return piece;
}

std::optional<PieceRow> PieceBook::of_token(const postal::TokenIdentity& token) {
  Query query(database_, kByToken, token.meter, token.issuer, to_column(token.counter));
  if (!query.step()) return std::nullopt;
  PieceRow piece = row_of(query);
  load_sightings(piece, query.integer_if(4), query.integer_if(5),
                 static_cast<Reason>(query.integer(6)));
  return piece;
}

void PieceBook::settle(PieceRow& piece, UtcTime now) {
  const StateOfPiece state = state_of(piece.facts);
  const auto& suspect = piece.facts.first_suspect;
  std::optional<Reason> suspect_reason;
  if (suspect) suspect_reason = suspect->reason;
  Query(database_,
        "UPDATE pieces SET state = ?2, reason = ?3, read_event = ?4, suspect_event = ?5, "
        "suspect_reason = ?6, waiting_over = ?7 WHERE id = ?1",
        piece.id, state.state, state.reason, row_of_sighting(piece.facts.first_read),
        row_of_sighting(suspect), suspect_reason, piece.facts.waiting_over)
      .run();
  if (state == piece.stored) return;
  if (piece.meter) {
    const std::optional<Sighting>& cause = state.state == PieceState::read ? piece.facts.first_read
                                           : state.state == PieceState::suspect
                                               ? piece.facts.first_suspect
                                               : std::nullopt;
    announce(piece, notice_of(piece.stored.state, state.state), state, cause ? cause->at : now,
             row_of_sighting(cause));
    count(*piece.meter, piece.stored.state, -1);
    count(*piece.meter, state.state, +1);
  }
  piece.stored = state;
}

void PieceBook::settle_registered(PieceRow& piece, UtcTime now) {
  BACKSTAMP_ASSERT(piece.meter && piece.facts.registered);
  piece.stored = {PieceState::registered, Reason::none};
  announce(piece, NoticeKind::received, piece.stored, now, std::nullopt);
  count(*piece.meter, PieceState::registered, +1);
  settle(piece, now);
}

void PieceBook::announce(const PieceRow& piece, NoticeKind kind, StateOfPiece state, UtcTime at,
                         std::optional<std::int64_t> event) {
  Query(database_,
        "INSERT INTO piece_history (meter, notice, piece, kind, state, reason, at, event) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        *piece.meter, next_notice(*piece.meter), piece.id, kind, state.state, state.reason,
        to_column(at), event)
      .run();
  announced_ = true;
}

std::int64_t PieceBook::next_notice(std::uint32_t meter) {
  const auto known = notices_.find(meter);
  if (known != notices_.end()) return ++known->second;
  Query query(database_, "SELECT max(notice) FROM piece_history WHERE meter = ?1", meter);
  const std::int64_t last = query.step() ? query.integer(0) : 0;
  return notices_[meter] = last + 1;
}

void PieceBook::count(std::uint32_t meter, PieceState state, std::int64_t change) {
  totals_[{meter, state}] += change;
}

void PieceBook::flush() {
  for (const auto& [key, change] : totals_) {
    if (change == 0) continue;
    Query(database_,
          "INSERT INTO meter_totals (meter, state, count) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (meter, state) DO UPDATE SET count = count + excluded.count",
          key.first, key.second, change)
        .run();
  }
  totals_.clear();
}

}  // namespace backstamp::datacenter
