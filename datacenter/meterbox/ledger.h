// The sealed files of a box: a journal in segments, none of which ever goes, and snapshots from
// which it is read on. What was appended survives kill -9 and a power cut at any instruction.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>

#include "base/file.h"
#include "datacenter/meterbox/record.h"
#include "postal/mac_key.h"

namespace backstamp::datacenter::meterbox {

inline constexpr std::uint64_t kSegmentBytes = 16u << 20;  ///< then a snapshot, and a new segment

/// A record as it stands in the journal.
struct Recorded {
  Entry entry;
  Sha256 hash{};
};

/// What a check of the whole journal found.
struct LedgerAudit {
  BoxState state;
  std::uint64_t records = 0;
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t torn_bytes = 0;  ///< at the end: of a record that was never finished
};

/// Thread-bound; the caller holds the folder's lock.
class Ledger {
 public:
  /// Writes the first record into an existing, empty folder.
  static Result<void> create(const std::filesystem::path& folder, const Founding& founding,
                             UtcTime at, const postal::MacKey& seal);

  /// Reads the newest sound snapshot and all records after it, verifying every seal, the chain and
  /// the rules; then cuts a torn tail (and keeps its bytes beside the journal). `floor` is what the
  /// journal must have come to. Fails: not_found, io, invalid (damaged), refused (rolled back, or a
  /// seal that is not this key's), and as the key.
  static Result<std::pair<Ledger, BoxState>> open(const std::filesystem::path& folder,
                                                  const postal::MacKey& seal, const Anchor& floor);

  /// The whole journal from its first record on; nothing is changed. `each`, unless empty, hears
  /// every record. Fails as open().
  static Result<LedgerAudit> audit(const std::filesystem::path& folder, const postal::MacKey& seal,
                                   const std::function<void(const Recorded&)>& each = {});

  /// Puts records (the first of which has version `first`) on stable storage in one write. After a
  /// failure nothing more is appended: only opening anew tells what the disk has.
  Result<void> append(std::span<const Bytes> frames, std::uint64_t first);

  /// A record of the past. Fails: not_found, io, invalid.
  Result<Recorded> read(std::uint64_t version) const;

  /// Is the segment long enough that a snapshot is due?
  bool snapshot_due() const { return segment_bytes_ >= kSegmentBytes; }
  /// Seals the state as of the last record and begins a new segment.
  Result<void> take_snapshot(const BoxState& state, const postal::MacKey& seal);

  bool failed() const { return failed_; }

 private:
  Ledger() = default;
  Result<void> begin_segment(std::uint64_t first);

  std::filesystem::path folder_;
  std::map<std::uint64_t, std::filesystem::path> segments_;  ///< by their first version
  UniqueFd segment_;                                         ///< none: begun by the next append
  std::uint64_t segment_bytes_ = 0;
  bool failed_ = false;
};

}  // namespace backstamp::datacenter::meterbox
