// The records of a vault's journal: their bytes, and what each does to the state
// (docs/formats/vault.md).
#pragma once

#include <cstdint>
#include <deque>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "meter/vault.h"

namespace backstamp::meter {

/// All that a vault knows; derived from its journal alone.
struct VaultState {
  MeterIdentity identity;
  OfflineTerms offline;
  Bytes fund_authority;  ///< SubjectPublicKeyInfo, DER; empty: none
  Registers registers;
  UtcTime heard_at{};
  postal::Money spent;                     ///< since then
  Moment latest;                           ///< the clock never goes behind this
  std::chrono::sys_seconds last_second{};  ///< of the last code by meter, date and time
  std::uint64_t behind = 0;
  std::uint64_t authorization = 0;  ///< number of the last one
  Bytes authorization_message;      ///< the last one: its total is what was ever funded
  std::deque<PieceRecord> pending;
  bool operator==(const VaultState&) const = default;
};

/// First record of every journal: the state before all others.
struct SnapshotRecord {
  VaultState state;
};
struct FundedRecord {
  postal::Money amount;
};
struct PrintedRecord {
  std::vector<PieceRecord> pieces;  ///< counters follow on each other
  Moment at;                        ///< not before what was on record
  std::chrono::sys_seconds last_second{};
};
struct RegisteredRecord {
  std::uint64_t through = 0;
};
/// The data center was heard, at a time of its clock.
struct HeardRecord {
  Moment at;
};
/// The data center knows a counter that the vault does not.
struct BehindRecord {
  std::uint64_t counter = 0;
};
struct AuthorizedRecord {
  std::uint64_t number = 0;
  postal::Money amount;
  Bytes message;  ///< at most 256 bytes; the signature is not looked at here
};
using Record = std::variant<SnapshotRecord, FundedRecord, PrintedRecord, RegisteredRecord,
                            HeardRecord, BehindRecord, AuthorizedRecord>;

/// Length, CRC and body; `sequence` is the record's number in the life of the vault.
Bytes encode_record(std::uint64_t sequence, const Record& record);

/// What a record does; a state it does not fit is damage (invalid), and then `state` is spoilt.
Result<void> apply(VaultState& state, const Record& record);

/// What a journal says. Bytes that are no complete record end it: they are a torn write or
/// damage, and who reads it must know which.
struct ReplayedJournal {
  VaultState state;  ///< after the last complete record
  std::uint64_t first_sequence = 0;
  std::vector<std::uint64_t> ends;   ///< byte offset after each complete record
  std::vector<Registers> registers;  ///< after each complete record
  std::uint64_t last_printed = 0;    ///< sequence of the last record of prints; 0: none
  std::uint64_t last_sequence() const { return first_sequence + ends.size() - 1; }
};

/// Replays as many complete records as there are. Fails (invalid) when the first record is not a
/// whole snapshot, or a whole record contradicts those before it.
Result<ReplayedJournal> replay_journal(ByteView bytes);

}  // namespace backstamp::meter
