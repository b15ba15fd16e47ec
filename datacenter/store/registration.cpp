// What meters register: whole requests, the same words again are fine, others are refused.
#include <limits>

#include "datacenter/store/guard.h"
#include "datacenter/store/piece_book.h"
#include "uplink/wire.h"

namespace backstamp::datacenter {

using postal::Reason;

namespace {

constexpr std::string_view kFind =
    "SELECT p.code, r.meter, r.issuer, r.counter, r.postage, r.mailed, r.service "
    "FROM registrations r JOIN pieces p ON p.id = r.piece ";

Registration registration_of(const Query& query) {
  Registration found;
  found.code = query.text(0);
  found.token = {static_cast<std::uint32_t>(query.integer(2)),
                 static_cast<std::uint32_t>(query.integer(1)), from_column(query.integer(3))};
  found.postage.mills = query.integer(4);
  found.mailed = parse_date(query.text(5)).value_or(Date{});
  found.service = static_cast<std::uint16_t>(query.integer(6));
  return found;
}

std::optional<Registration> registered_code(Database& database, std::int64_t piece) {
  static const std::string sql = std::string(kFind) + "WHERE r.piece = ?1";
  Query query(database, sql, piece);
  if (!query.step()) return std::nullopt;
  return registration_of(query);
}

std::optional<Registration> registered_token(Database& database,
                                             const postal::TokenIdentity& token) {
  static const std::string sql =
      std::string(kFind) + "WHERE r.meter = ?1 AND r.issuer = ?2 AND r.counter = ?3";
  Query query(database, sql, token.meter, token.issuer, to_column(token.counter));
  if (!query.step()) return std::nullopt;
  return registration_of(query);
}

/// The scans that came before the registration, by its code and by its token, joined now.
void join_parked(Database& database, PieceRow& piece) {
  piece.facts.first_read.reset();
  piece.facts.first_suspect.reset();
  const auto absorb_all = [&](Query&& query) {
    while (query.step()) {
      const std::int64_t row = query.integer(0);
      const auto event = uplink::parse_event(query.blob(2));
      if (!event) {
        throw SqlFailure(ErrorKind::invalid, database.name() + ": stored event " +
                                                 std::to_string(row) + ": " +
                                                 event.error().message);
      }
      const bool code_matches = query.integer_if(1) == piece.id;
      const Bearing found = absorb(piece.facts, *event, row, code_matches);
      if (found != Bearing::mismatch && found != Bearing::own_mismatch) continue;
      Query(database,
            "INSERT OR IGNORE INTO suspects (event, reason, rule, piece) VALUES (?1, ?2, ?3, ?4)",
            row, Reason::code_mismatch, "registration", query.integer_if(1))
          .run();
    }
  };
  absorb_all(Query(database, "SELECT id, piece, body FROM events WHERE piece = ?1", piece.id));
  const postal::TokenIdentity& token = *piece.facts.registered;
  absorb_all(Query(database,
                   "SELECT id, piece, body FROM events "
                   "WHERE meter = ?1 AND issuer = ?2 AND counter = ?3",
                   token.meter, token.issuer, to_column(token.counter)));
}

void insert_registration(Database& database, PieceBook& pieces, PieceRow& piece,
                         const Registration& registration, UtcTime now) {
  const UtcTime mailed = std::chrono::sys_days(registration.mailed);
  Query(database,
        "INSERT INTO registrations (piece, meter, issuer, counter, postage, mailed, service, "
        "registered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        piece.id, registration.token.meter, registration.token.issuer,
        to_column(registration.token.counter), registration.postage.mills,
        format_date(registration.mailed), registration.service, to_column(now))
      .run();
  // Mail that is dated ahead cannot be seen before its day: it waits from then.
  Query(database, "UPDATE pieces SET waits_from = ?2 WHERE id = ?1", piece.id,
        to_column(std::max(now, mailed)))
      .run();
  piece.meter = registration.token.meter;
  piece.facts.registered = registration.token;
  join_parked(database, piece);
  pieces.settle_registered(piece, now);
}

}  // namespace

Result<Registered> Store::register_pieces(std::uint32_t meter, std::span<const Registration> pieces,
                                          UtcTime now) {
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (const Registration& piece : pieces) {
    if (piece.token.meter != meter || piece.token.counter == 0 || piece.token.counter > kLast ||
        !piece.mailed.ok()) {
      return fail(ErrorKind::invalid, piece.code + ": another meter, or a number out of range");
    }
  }
  bool announced = false;
  Result<Registered> done = writing([&](Database& database) {
    Registered counts;
    Transaction transaction(database);
    PieceBook book(database);
    for (const Registration& registration : pieces) {
      PieceRow piece = book.of_code(registration.code);
      if (piece.meter) {
        if (registered_code(database, piece.id) != registration) {
          throw SqlFailure(ErrorKind::refused,
                           registration.code + " is registered already, with other particulars");
        }
        ++counts.known;
        continue;
      }
      if (const auto taken = registered_token(database, registration.token)) {
        throw SqlFailure(ErrorKind::refused, registration.code + ": counter " +
                                                 std::to_string(registration.token.counter) +
                                                 " of meter " + std::to_string(meter) +
                                                 " is registered already, for " + taken->code);
      }
      insert_registration(database, book, piece, registration, now);
      ++counts.registered;
    }
    book.flush();
    transaction.commit();
    announced = book.announced();
    return counts;
  });
  if (done) woke(announced);
  return done;
}

Result<std::size_t> Store::sweep(UtcTime now, std::chrono::microseconds waiting,
                                 std::size_t limit) {
  bool announced = false;
  Result<std::size_t> swept = writing([&](Database& database) {
    std::vector<std::int64_t> due;
    {
      Query query(database,
                  "SELECT id FROM pieces WHERE state = 0 AND waits_from <= ?1 "
                  "ORDER BY waits_from LIMIT ?2",
                  to_column(now - waiting), limit);
      while (query.step()) due.push_back(query.integer(0));
    }
    if (due.empty()) return due.size();  // the common case takes no write lock
    Transaction transaction(database);
    PieceBook book(database);
    for (const std::int64_t id : due) {
      std::optional<PieceRow> piece = book.of_id(id);
      if (!piece || piece->stored.state != PieceState::registered) continue;
      piece->facts.waiting_over = true;
      book.settle(*piece, now);
    }
    book.flush();
    transaction.commit();
    announced = book.announced();
    return due.size();
  });
  if (swept) woke(announced);
  return swept;
}

}  // namespace backstamp::datacenter
