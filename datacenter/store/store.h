// What the data center knows, on stable storage: SQLite in WAL mode, every commit synced.
//
// Each public function that writes is one transaction; when it returns without an Error its
// effect survives a crash, and when the process is killed at any moment it has happened whole or
// not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "datacenter/store/orders.h"
#include "datacenter/store/records.h"
#include "datacenter/store/sqlite.h"
#include "postal/duplicates.h"
#include "uplink/receiver.h"

namespace backstamp::datacenter {

/// Thread-safe: one connection writes, one reads, each under its lock.
class Store {
 public:
  /// `create` makes the file when it is missing; `read_only` never changes anything.
  /// Fails: not_found, invalid (not our database, or of another version), io.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& path, DatabaseMode mode);

  /// Fails (refused) when the name is taken.
  Result<void> add_account(const std::string& name);
  /// Adds a meter and returns its API key, of which only the SHA-256 is kept.
  /// Fails: not_found (the account), refused (the number is taken).
  Result<std::string> add_meter(const std::string& account, std::uint32_t number,
                                const std::string& name);
  /// Whose key this is; none when nobody's.
  Result<std::optional<std::uint32_t>> meter_of_key(const std::string& key);

  /// All or nothing; what is registered already in the same words is counted as known.
  /// Fails (refused) naming a code or counter that is registered otherwise.
  Result<Registered> register_pieces(std::uint32_t meter, std::span<const Registration> pieces,
                                     UtcTime now);

  /// Stores what is new of a batch and joins it; returns the sequence up to which everything of
  /// this station and epoch is stored. Fails (invalid) when the batch is not what it says.
  Result<std::uint64_t> store_batch(const uplink::EventBatch& batch, UtcTime now);

  /// Turns up to `limit` pieces that waited longer than `waiting` into not_read; returns how many.
  Result<std::size_t> sweep(UtcTime now, std::chrono::microseconds waiting, std::size_t limit);

  /// Adds to running counters by name.
  Result<void> add_counters(std::span<const NamedCount> changes);

  /// Puts an order to the meter box on record, with the next number of its meter. An order that is
  /// there already under this request id comes back as it stands, with its outcome if it has one.
  /// Fails (refused) when the id stands for something else.
  Result<Order> record_order(std::uint32_t meter, OrderKind kind, const std::string& request,
                             const std::string& body, UtcTime now);
  /// Orders whose outcome is not known, in the order of their numbers; of one meter, or of all.
  Result<std::vector<Order>> open_orders(std::optional<std::uint32_t> meter = {});
  /// The box has done it: answer, signed record, anchor and registrations, all or nothing. The
  /// same again changes nothing.
  Result<void> settle_order(std::uint32_t meter, std::uint64_t number, const Settlement& settlement,
                            UtcTime now);
  /// The box has refused it.
  Result<void> refuse_order(std::uint32_t meter, std::uint64_t number, const Error& why);
  /// The newest state of the box that is on record here; a box that is older was rolled back.
  Result<meterbox::Anchor> box_anchor();
  Result<void> each_transaction(const std::function<void(const TransactionRecord&)>& visit);

  // For meters: only their own pieces.
  Result<std::vector<NamedCount>> totals(std::uint32_t meter);
  Result<KnownRegisters> known_registers(std::uint32_t meter);
  Result<std::vector<PieceRecord>> pieces(std::uint32_t meter, std::int64_t after,
                                          std::size_t limit);
  Result<std::optional<PieceRecord>> piece(std::uint32_t meter, const std::string& code);
  Result<std::vector<NoticeRecord>> history(std::uint32_t meter, const std::string& code);
  Result<std::vector<SuspectRecord>> suspects(std::uint32_t meter, const std::string& code);
  Result<std::vector<NoticeRecord>> notices(std::uint32_t meter, std::int64_t after,
                                            std::size_t limit);

  // For reports: everything.
  Result<Totals> report_totals();
  /// For monitoring, all of one moment.
  Result<StoreFigures> figures();
  Result<void> each_piece(const std::function<void(const PieceRecord&)>& visit);
  Result<void> each_suspect(const std::function<void(const SuspectRecord&)>& visit);
  /// What each meter's suspect scans come to, by reason and rule.
  Result<std::vector<MeterSuspects>> suspects_by_meter();
  /// What somebody made of a suspect scan: of all reasons that its event has.
  /// Fails: not_found (no such suspect), invalid (no name).
  Result<void> review(const postal::EventId& event, Review review, const std::string& who,
                      UtcTime now);
  Result<void> each_event(bool only_not_read,
                          const std::function<void(const postal::ScanEvent&)>& visit);

  /// Set for good when a write or a sync failed: what is on disk is then in doubt, every further
  /// write is refused, and only a new start, which recovers, may go on. A full disk is no such
  /// failure.
  std::optional<Error> failure() const;

  /// By which rules readings of one token are judged. Before use.
  void judge_duplicates_by(postal::DuplicateRules rules) { duplicate_rules_ = std::move(rules); }

  /// `wake` is called, on the writing thread, after each write that made notices. Before use.
  void on_notices(std::function<void()> wake) { wake_ = std::move(wake); }

 private:
  Store(const std::filesystem::path& path, DatabaseMode mode);
  template <typename Work>
  auto writing(Work work) -> Result<decltype(work(std::declval<Database&>()))>;
  template <typename Work>
  auto reading(Work work) -> Result<decltype(work(std::declval<Database&>()))>;
  void woke(bool announced) const {
    if (announced && wake_) wake_();
  }

  mutable std::mutex writer_mutex_;
  std::unique_ptr<Database> writer_;  ///< none when read-only
  std::optional<Error> failure_;
  std::mutex reader_mutex_;
  std::unique_ptr<Database> reader_;
  std::function<void()> wake_;
  postal::DuplicateRules duplicate_rules_;
};

}  // namespace backstamp::datacenter
