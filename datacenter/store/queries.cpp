// What meters may ask, and what reports list.
#include "datacenter/store/guard.h"
#include "datacenter/store/piece_book.h"
#include "uplink/wire.h"

namespace backstamp::datacenter {

using postal::Reason;

namespace {

#define PIECE_RECORD_COLUMNS                                                              \
  "SELECT r.number, p.code, p.state, p.reason, r.issuer, r.meter, r.counter, r.postage, " \
  "r.mailed, r.service, r.registered_at, e.id, e.induced_at, s.name, e.epoch, e.sequence "
#define JOIN_SIGHTING                                                                        \
  "LEFT JOIN events e ON e.id = CASE p.state WHEN 2 THEN p.suspect_event ELSE p.read_event " \
  "END LEFT JOIN stations s ON s.id = e.station "
#define SUSPECT_COLUMNS                                                                \
  "SELECT x.reason, r.number, e.body, x.rule, x.review, x.reviewed_by, x.reviewed_at " \
  "FROM suspects x JOIN events e ON e.id = x.event "                                   \
  "LEFT JOIN registrations r ON r.piece = x.piece "
#define NOTICE_COLUMNS                                                                     \
  "SELECT h.notice, h.kind, p.code, h.state, h.reason, h.at, s.name FROM piece_history h " \
  "JOIN pieces p ON p.id = h.piece LEFT JOIN events e ON e.id = h.event "                  \
  "LEFT JOIN stations s ON s.id = e.station "

PieceRecord piece_record(const Query& query) {
  PieceRecord piece;
  piece.code = query.text(1);
  piece.state = static_cast<PieceState>(query.integer(2));
  piece.reason = static_cast<Reason>(query.integer(3));
  if (!query.null(0)) {
    piece.number = query.integer(0);
    Registration registration;
    registration.code = piece.code;
    registration.token = {static_cast<std::uint32_t>(query.integer(4)),
                          static_cast<std::uint32_t>(query.integer(5)),
                          from_column(query.integer(6))};
    registration.postage.mills = query.integer(7);
    registration.mailed = parse_date(query.text(8)).value_or(Date{});
    registration.service = static_cast<std::uint16_t>(query.integer(9));
    piece.registration = registration;
    piece.registered_at = time_column(query.integer(10));
  }
  if (!query.null(11)) {
    piece.sighting =
        Sighting{query.integer(11),
                 time_column(query.integer(12)),
                 {query.text(13), from_column(query.integer(14)), from_column(query.integer(15))},
                 piece.reason};
  }
  return piece;
}

NoticeRecord notice_record(const Query& query) {
  return {query.integer(0),
          static_cast<NoticeKind>(query.integer(1)),
          query.text(2),
          static_cast<PieceState>(query.integer(3)),
          static_cast<Reason>(query.integer(4)),
          time_column(query.integer(5)),
          query.text(6)};
}

postal::ScanEvent stored_event(const Database& database, ByteView body) {
  Result<postal::ScanEvent> event = uplink::parse_event(body);
  if (!event) {
    throw SqlFailure(ErrorKind::invalid,
                     database.name() + ": a stored event: " + event.error().message);
  }
  return std::move(*event);
}

SuspectRecord suspect_record(const Database& database, const Query& query) {
  SuspectRecord suspect{static_cast<Reason>(query.integer(0)), !query.null(1), query.text(3),
                        static_cast<Review>(query.integer(4)), query.text(5),  {},
                        stored_event(database, query.blob(2))};
  if (!query.null(6)) suspect.reviewed_at = time_column(query.integer(6));
  return suspect;
}

template <typename Record, typename Make>
std::vector<Record> all(Query&& query, Make make) {
  std::vector<Record> records;
  while (query.step()) records.push_back(make(query));
  return records;
}

}  // namespace

Result<std::vector<NamedCount>> Store::totals(std::uint32_t meter) {
  return reading([&](Database& database) {
    return all<NamedCount>(
        Query(database, "SELECT state, count FROM meter_totals WHERE meter = ?1", meter),
        [](const Query& query) {
          return NamedCount{std::string(to_string(static_cast<PieceState>(query.integer(0)))),
                            query.integer(1)};
        });
  });
}

Result<std::vector<PieceRecord>> Store::pieces(std::uint32_t meter, std::int64_t after,
                                               std::size_t limit) {
  return reading([&](Database& database) {
    return all<PieceRecord>(
        Query(database,
              PIECE_RECORD_COLUMNS
              "FROM registrations r JOIN pieces p ON p.id = r.piece " JOIN_SIGHTING
              "WHERE r.meter = ?1 AND r.number > ?2 ORDER BY r.number LIMIT ?3",
              meter, after, limit),
        piece_record);
  });
}

Result<std::optional<PieceRecord>> Store::piece(std::uint32_t meter, const std::string& code) {
  return reading([&](Database& database) -> std::optional<PieceRecord> {
    Query query(database,
                PIECE_RECORD_COLUMNS
                "FROM pieces p JOIN registrations r ON r.piece = p.id " JOIN_SIGHTING
                "WHERE p.code = ?1 AND r.meter = ?2",
                code, meter);
    if (!query.step()) return std::nullopt;
    return piece_record(query);
  });
}

Result<std::vector<NoticeRecord>> Store::history(std::uint32_t meter, const std::string& code) {
  return reading([&](Database& database) {
    return all<NoticeRecord>(
        Query(database, NOTICE_COLUMNS "WHERE p.code = ?1 AND h.meter = ?2 ORDER BY h.notice", code,
              meter),
        notice_record);
  });
}

Result<std::vector<SuspectRecord>> Store::suspects(std::uint32_t meter, const std::string& code) {
  constexpr std::size_t kShown = 100;  // a much copied piece has more; reports list all
  return reading([&](Database& database) {
    return all<SuspectRecord>(
        Query(database,
              SUSPECT_COLUMNS "JOIN pieces p ON p.id = x.piece "
                              "WHERE p.code = ?1 AND r.meter = ?2 ORDER BY x.event LIMIT ?3",
              code, meter, kShown),
        [&](const Query& query) { return suspect_record(database, query); });
  });
}

Result<std::vector<NoticeRecord>> Store::notices(std::uint32_t meter, std::int64_t after,
                                                 std::size_t limit) {
  return reading([&](Database& database) {
    return all<NoticeRecord>(
        Query(database,
              NOTICE_COLUMNS "WHERE h.meter = ?1 AND h.notice > ?2 ORDER BY h.notice LIMIT ?3",
              meter, after, limit),
        notice_record);
  });
}

Result<void> Store::each_piece(const std::function<void(const PieceRecord&)>& visit) {
  const Result<bool> done = reading([&](Database& database) {
    Query query(database, PIECE_RECORD_COLUMNS
                "FROM pieces p LEFT JOIN registrations r ON r.piece = p.id " JOIN_SIGHTING
                "ORDER BY p.id");
    while (query.step()) visit(piece_record(query));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Store::each_suspect(const std::function<void(const SuspectRecord&)>& visit) {
  const Result<bool> done = reading([&](Database& database) {
    Query query(database, SUSPECT_COLUMNS "ORDER BY x.event, x.reason");
    while (query.step()) visit(suspect_record(database, query));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Store::each_event(bool only_not_read,
                               const std::function<void(const postal::ScanEvent&)>& visit) {
  const Result<bool> done = reading([&](Database& database) {
    Query query(database, only_not_read ? "SELECT body FROM events WHERE class = 2 ORDER BY id"
                                        : "SELECT body FROM events ORDER BY id");
    while (query.step()) visit(stored_event(database, query.blob(0)));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace backstamp::datacenter
