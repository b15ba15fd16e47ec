#include "datacenter/store/schema.h"

namespace backstamp::datacenter {

namespace {

constexpr std::int64_t kApplication = 0x42415354;  // "BAST"

// Times are microseconds since 1970 UTC; enumerations are the numbers of the C++ types; unsigned
// 64-bit numbers (epochs) are stored as the signed number of the same bits.
constexpr const char* kTables = R"sql(
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE meters (
  number INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts(id),
  name TEXT NOT NULL,
  key_sha256 BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE stations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
-- Up to which sequence everything of an epoch is stored: what is acknowledged.
CREATE TABLE positions (
  station INTEGER NOT NULL REFERENCES stations(id),
  epoch INTEGER NOT NULL,
  contiguous INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (station, epoch)
) STRICT, WITHOUT ROWID;
-- One row a code, registered or not, with what the join knows of it (reconcile/join.h).
CREATE TABLE pieces (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  read_event INTEGER,
  suspect_event INTEGER,
  suspect_reason INTEGER,
  waiting_over INTEGER NOT NULL DEFAULT 0,
  waits_from INTEGER
) STRICT;
CREATE INDEX pieces_waiting ON pieces(waits_from) WHERE state = 0;
-- What the meters said; never changed.
CREATE TABLE registrations (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  piece INTEGER NOT NULL UNIQUE REFERENCES pieces(id),
  meter INTEGER NOT NULL REFERENCES meters(number),
  issuer INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  postage INTEGER NOT NULL,
  mailed TEXT NOT NULL,
  service INTEGER NOT NULL,
  registered_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX registrations_by_token ON registrations(meter, issuer, counter);
CREATE INDEX registrations_by_meter ON registrations(meter, number);
-- What the stations said; never changed. `piece` is the piece of the event's code.
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  station INTEGER NOT NULL REFERENCES stations(id),
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  induced_at INTEGER NOT NULL,
  piece INTEGER,
  issuer INTEGER,
  meter INTEGER,
  counter INTEGER,
  class INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  decision INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_identity ON events(station, epoch, sequence);
CREATE INDEX events_by_piece ON events(piece) WHERE piece IS NOT NULL;
CREATE INDEX events_by_token ON events(meter, issuer, counter) WHERE meter IS NOT NULL;
CREATE INDEX events_not_read ON events(id) WHERE class = 2;
-- Another content under an identity that is taken: kept for people, never joined.
CREATE TABLE conflicts (
  event INTEGER NOT NULL REFERENCES events(id),
  received_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (event, body)
) STRICT, WITHOUT ROWID;
-- Every scan that speaks against the mail: forged, copied, revoked, mismatched, … `rule` says which
-- rule found it, `review` what people made of it: 0 open, 1 confirmed, 2 dismissed.
CREATE TABLE suspects (
  event INTEGER NOT NULL REFERENCES events(id),
  reason INTEGER NOT NULL,
  rule TEXT NOT NULL,
  piece INTEGER,
  review INTEGER NOT NULL DEFAULT 0,
  reviewed_by TEXT,
  reviewed_at INTEGER,
  PRIMARY KEY (event, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX suspects_by_piece ON suspects(piece) WHERE piece IS NOT NULL;
-- Every change of a registered piece; only ever appended to. Each line is also the notice of
-- that number to its meter.
CREATE TABLE piece_history (
  meter INTEGER NOT NULL,
  notice INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event INTEGER,
  PRIMARY KEY (meter, notice)
) STRICT, WITHOUT ROWID;
CREATE INDEX piece_history_by_piece ON piece_history(piece);
-- Running counts, kept in the same transactions: registered pieces by meter and state, events
-- without a code by station and cause, and the counters of the uplink.
CREATE TABLE meter_totals (
  meter INTEGER NOT NULL,
  state INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (meter, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE no_reads (
  station INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (station, cause)
) STRICT, WITHOUT ROWID;
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

std::int64_t pragma(Database& database, std::string_view sql) {
  Query query(database, sql);
  return query.step() ? query.integer(0) : 0;
}

}  // namespace

void prepare_writer(Database& database) {
  // FULL: a commit returns when the write-ahead log is on stable storage, not before.
  database.execute("PRAGMA journal_mode = WAL");
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA foreign_keys = OFF");  // the joins below keep them; no cost a row
  database.execute("PRAGMA cache_size = -65536");
  database.execute("PRAGMA wal_autocheckpoint = 8000");
}

void check_schema(Database& database) {
  const std::int64_t application = pragma(database, "PRAGMA application_id");
  const std::int64_t version = pragma(database, "PRAGMA user_version");
  if (application != kApplication) {
    throw SqlFailure(ErrorKind::invalid, database.name() +
                                             ": not a database of the data center; make one with "
                                             "`backstamp-datacenter init`");
  }
  if (version != kSchemaVersion) {
    throw SqlFailure(ErrorKind::invalid, database.name() + ": schema version " +
                                             std::to_string(version) + ", this program knows " +
                                             std::to_string(kSchemaVersion));
  }
}

void prepare_schema(Database& database) {
  Transaction transaction(database);
  const bool fresh = pragma(database, "SELECT count(*) FROM sqlite_schema") == 0 &&
                     pragma(database, "PRAGMA application_id") == 0;
  if (fresh) {
    database.execute(kTables);
    database.execute("PRAGMA application_id = " + std::to_string(kApplication));
    database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
    transaction.commit();
  }
  check_schema(database);
}

}  // namespace backstamp::datacenter
