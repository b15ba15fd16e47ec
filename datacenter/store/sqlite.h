// A thin face over SQLite: one connection, prepared statements kept, transactions that undo.
//
// Inside store/ a failure of SQLite is thrown as SqlFailure, so that a step in the middle of a
// transaction cannot be overlooked; the public functions of Store turn it into an Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "base/bytes.h"
#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace backstamp::datacenter {

struct SqlFailure : std::runtime_error {
  SqlFailure(ErrorKind failure_kind, const std::string& message)
      : std::runtime_error(message), kind(failure_kind) {}
  ErrorKind kind;
};

enum class DatabaseMode { create, existing, read_only };

/// One connection. Thread-bound: its owner locks.
class Database {
 public:
  Database(const std::filesystem::path& path, DatabaseMode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements that return nothing of interest.
  void execute(const std::string& sql);
  std::int64_t last_row() const;
  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  const std::string& name() const { return name_; }

 private:
  friend class Query;
  friend class Transaction;
  sqlite3_stmt* prepared(std::string_view sql);
  [[noreturn]] void raise(std::string_view what) const;
  std::string name_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

/// One use of a prepared statement. `sql` must be a literal: statements are kept under it.
class Query {
 public:
  template <typename... Values>
  Query(Database& database, std::string_view sql, const Values&... values)
      : database_(database), statement_(database.prepared(sql)) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Goes to the next row; false when there is none.
  bool step();
  /// Runs a statement without rows.
  void run();

  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::optional<std::int64_t> integer_if(int column) const;
  std::string text(int column) const;
  ByteView blob(int column) const;  ///< until the next step

 private:
  void bind_integer(int index, std::int64_t value);
  void bind_text(int index, std::string_view value);
  void bind_blob(int index, ByteView value);
  void bind_null(int index);
  template <typename Value>
  void bind(int index, const Value& value) {
    if constexpr (std::is_integral_v<Value> || std::is_enum_v<Value>) {
      bind_integer(index, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      bind_text(index, value);
    } else if constexpr (std::is_convertible_v<const Value&, ByteView>) {
      bind_blob(index, value);
    } else if (value) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }
  Database& database_;
  sqlite3_stmt* statement_;
};

/// Takes the write lock at once; undone unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// When it returns, the changes are on stable storage.
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace backstamp::datacenter
