#include "datacenter/store/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace backstamp::datacenter {

namespace {

constexpr int kBusyWait_ms = 20'000;  // another process (add-meter) may hold the write lock

ErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
      return ErrorKind::unavailable;
    case SQLITE_CANTOPEN:
      return ErrorKind::not_found;
    case SQLITE_NOTADB:
      return ErrorKind::invalid;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorKind::refused;
    case SQLITE_TOOBIG:
      return ErrorKind::limit;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
      return ErrorKind::io;
    default:
      return ErrorKind::internal;
  }
}

int flags_of(DatabaseMode mode) {
  switch (mode) {
    case DatabaseMode::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case DatabaseMode::existing:
      return SQLITE_OPEN_READWRITE;
    case DatabaseMode::read_only:
      return SQLITE_OPEN_READONLY;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

Database::Database(const std::filesystem::path& path, DatabaseMode mode) : name_(path.string()) {
  const int flags = flags_of(mode) | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(name_.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    const SqlFailure failure(
        kind_of(sqlite3_errcode(handle_)),
        name_ + ": open: " + sqlite3_errmsg(handle_) + " (`backstamp datacenter init` makes it)");
    sqlite3_close_v2(std::exchange(handle_, nullptr));
    throw failure;
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyWait_ms);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Database::raise(std::string_view what) const {
  throw SqlFailure(kind_of(sqlite3_errcode(handle_)),
                   name_ + ": " + std::string(what) + ": " + sqlite3_errmsg(handle_));
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    raise(sql.substr(0, sql.find('\n')));
  }
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

std::int64_t Database::changes() const {
  return sqlite3_changes(handle_);
}

sqlite3_stmt* Database::prepared(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    raise(sql);
  }
  statements_.emplace(sql, statement);
  return statement;
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.raise(sqlite3_sql(statement_));
  return false;
}

void Query::run() {
  while (step()) {
  }
}

bool Query::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Query::integer_if(int column) const {
  if (null(column)) return std::nullopt;
  return integer(column);
}

std::string Query::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ByteView Query::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::bind_integer(int index, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, index, value) != SQLITE_OK) database_.raise("bind");
}

void Query::bind_text(int index, std::string_view value) {
  if (sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8) != SQLITE_OK) {
    database_.raise("bind");
  }
}

void Query::bind_blob(int index, ByteView value) {
  if (sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT) !=
      SQLITE_OK) {
    database_.raise("bind");
  }
}

void Query::bind_null(int index) {
  if (sqlite3_bind_null(statement_, index) != SQLITE_OK) database_.raise("bind");
}

Transaction::Transaction(Database& database) : database_(database) {
  Query(database_, "BEGIN IMMEDIATE").run();
}

void Transaction::commit() {
  Query(database_, "COMMIT").run();
  open_ = false;
}

Transaction::~Transaction() {
  // SQLite may have undone it already (disk full): there is nothing left to do then.
  if (open_ && sqlite3_get_autocommit(database_.handle_) == 0) {
    sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace backstamp::datacenter
