#include "datacenter/store/store.h"

#include "datacenter/store/api_key.h"
#include "datacenter/store/guard.h"
#include "datacenter/store/schema.h"

namespace backstamp::datacenter {

Store::Store(const std::filesystem::path& path, DatabaseMode mode) {
  if (mode != DatabaseMode::read_only) {
    writer_ = std::make_unique<Database>(path, mode);
    prepare_writer(*writer_);
    prepare_schema(*writer_);
  }
  reader_ = std::make_unique<Database>(path, DatabaseMode::read_only);
  check_schema(*reader_);
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& path, DatabaseMode mode) {
  try {
    return std::unique_ptr<Store>(new Store(path, mode));
  } catch (const SqlFailure& failure) {
    return fail(failure.kind, failure.what());
  }
}

std::optional<Error> Store::failure() const {
  const std::scoped_lock lock(writer_mutex_);
  return failure_;
}

Result<void> Store::add_account(const std::string& name) {
  const Result<bool> added = writing([&](Database& database) {
    Query(database, "INSERT OR IGNORE INTO accounts (name) VALUES (?1)", name).run();
    return database.changes() == 1;
  });
  if (!added) return std::unexpected(added.error());
  if (!*added) return fail(ErrorKind::refused, "account " + name + " exists already");
  return {};
}

Result<std::string> Store::add_meter(const std::string& account, std::uint32_t number,
                                     const std::string& name) {
  const Result<std::string> key = make_api_key();
  if (!key) return key;
  const Sha256 digest = digest_of_key(*key);
  const Result<bool> added = writing([&](Database& database) {
    Transaction transaction(database);
    std::int64_t account_id = 0;
    {
      Query query(database, "SELECT id FROM accounts WHERE name = ?1", account);
      if (!query.step()) {
        throw SqlFailure(ErrorKind::not_found, "there is no account " + account +
                                                   "; add it first: backstamp-datacenter "
                                                   "add-account");
      }
      account_id = query.integer(0);
    }
    Query(database,
          "INSERT OR IGNORE INTO meters (number, account, name, key_sha256) "
          "VALUES (?1, ?2, ?3, ?4)",
          number, account_id, name, digest)
        .run();
    const bool fresh = database.changes() == 1;
    transaction.commit();
    return fresh;
  });
  if (!added) return std::unexpected(added.error());
  if (!*added) {
    return fail(ErrorKind::refused, "meter " + std::to_string(number) + " exists already");
  }
  return key;
}

Result<std::optional<std::uint32_t>> Store::meter_of_key(const std::string& key) {
  const Sha256 digest = digest_of_key(key);
  return reading([&](Database& database) -> std::optional<std::uint32_t> {
    Query query(database, "SELECT number FROM meters WHERE key_sha256 = ?1", digest);
    if (!query.step()) return std::nullopt;
    return static_cast<std::uint32_t>(query.integer(0));
  });
}

Result<void> Store::add_counters(std::span<const NamedCount> changes) {
  const Result<bool> done = writing([&](Database& database) {
    Transaction transaction(database);
    for (const NamedCount& change : changes) {
      Query(database,
            "INSERT INTO counters (name, value) VALUES (?1, ?2) "
            "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            change.name, change.count)
          .run();
    }
    transaction.commit();
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace backstamp::datacenter
