// The files of a vault's state: a journal, and two slots that say how much of it counts.
// What was committed survives kill -9 and a power cut at any instruction.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/file.h"
#include "meter/storage/floor.h"
#include "meter/storage/records.h"

namespace backstamp::meter {

/// A slot: what was true at a commit. Two are written in turn, each in a disk block of its own.
struct Slot {
  std::uint64_t commit = 0;      ///< number of the commit; the parity is the slot's place
  std::uint64_t generation = 0;  ///< which journal file
  std::uint64_t length = 0;      ///< bytes of the journal that count
  std::uint64_t sequence = 0;    ///< of the last record that counts
  Registers registers;           ///< after that record
};

/// Thread-bound; the caller holds the vault's lock.
class Store {
 public:
  /// Writes the files of a new vault into an existing folder.
  static Result<void> create(const std::filesystem::path& folder, const VaultState& state);

  /// Reads, checks and brings to order. Fails: not_found, io, invalid (damage that no single crash
  /// and no single damaged byte explains, or that cannot be healed without risk); with a floor also
  /// refused (the files are older than it: an old copy), and as the floor does.
  static Result<Store> open(const std::filesystem::path& folder,
                            std::shared_ptr<Floor> floor = nullptr);

  const VaultState& state() const { return state_; }

  /// Commits a record that fits the state; when it returns, it is on stable storage. After a
  /// failure nothing more can be committed: only opening anew tells what the disk has.
  Result<void> commit(const Record& record);
  /// Did the last commit fail, so that the store must be opened anew?
  bool failed() const { return failed_; }
  /// Did it fail because of the floor alone? Then opening anew will do once the device is back.
  bool floor_failed() const { return floor_failed_; }

 private:
  Store() = default;
  Result<void> recover(ByteView journal_bytes, const Slot& newest, bool both_slots);
  Result<void> check_floor();
  Result<void> raise_floor(const PrintedRecord& record);
  Result<void> cut_journal(std::uint64_t length);
  Result<void> write_slot();
  Result<void> compact_when_due();
  std::filesystem::path journal_path(std::uint64_t generation) const;

  std::filesystem::path folder_;
  VaultState state_;
  Slot slot_;  ///< the newest one on disk
  UniqueFd journal_;
  UniqueFd slots_;
  std::shared_ptr<Floor> floor_;  ///< none: the key lies in a file
  FloorMark mark_;                ///< what it said when this was opened
  bool failed_ = false;
  bool floor_failed_ = false;
};

/// Bytes of a slot and back; nothing when they are damaged.
Bytes encode_slot(const Slot& slot);
std::optional<Slot> decode_slot(ByteView bytes);

inline constexpr std::size_t kSlotStride = 4096;
inline constexpr std::size_t kSlotBytes = 84;
inline constexpr std::uint64_t kCompactBytes = 4u << 20;  ///< a shorter journal is left alone

}  // namespace backstamp::meter
