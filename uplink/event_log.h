// The journal and spool of scan events: one log on disk, hash-chained, group-committed.
// docs/formats/spool.md describes segments and records.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "postal/event.h"
#include "uplink/storage.h"

namespace backstamp::uplink {

struct EventLogOptions {
  std::filesystem::path directory;  ///< made when missing; locked against a second process
  std::string station;
  std::uint64_t segment_bytes = 64ull << 20;
  /// Group commit: an event waits for companions until this has passed since the last commit.
  std::chrono::microseconds commit_interval{2000};
  std::chrono::hours keep_acknowledged{45 * 24};  ///< acknowledged segments stay this long
  std::shared_ptr<Storage> storage;  ///< none: the operating system's files; tests bring their own
};

/// What recovery found when the log was opened.
struct Recovery {
  std::uint64_t records = 0;
  std::uint64_t torn_bytes = 0;          ///< cut from the tail
  std::vector<std::string> quarantined;  ///< damaged ranges: file, offset, sequences
};

/// Thread-safe. One writer thread inside syncs; a failed write or sync stops the log for good
/// (every later append fails with io): it is never retried as if nothing had happened.
class EventLog {
 public:
  static Result<EventLog> open(EventLogOptions options);

  /// Queues an event and gives it its id (station, epoch, sequence). Returns its sequence at once;
  /// it is committed when committed() reaches it. Waits when more than 32 MiB are queued. Fails:
  /// io (the log has stopped), unavailable (the disk did not keep up for 10 s), invalid and limit
  /// (the event itself: see serialize_event and fit_event; no sequence is used up).
  Result<std::uint64_t> append(postal::ScanEvent event);
  /// The highest sequence on stable storage.
  std::uint64_t committed() const;
  /// Waits until `sequence` is committed. Fails (io) when the log has stopped, timeout.
  Result<void> wait_committed(std::uint64_t sequence, std::chrono::milliseconds limit);

  /// Committed events from `first` on, at most `limit` (and 64 MiB), in order and without gaps: an
  /// event that was lost or removed stands as make_gap (wire.h). Empty when there is none yet.
  Result<std::vector<postal::ScanEvent>> read(std::uint64_t first, std::size_t limit) const;
  /// The same as serialized events, about `limit_bytes` of them (at least one).
  Result<std::vector<Bytes>> read_encoded(std::uint64_t first, std::size_t limit,
                                          std::size_t limit_bytes) const;
  /// Waits until something after `sequence` is committed, or `limit` passes.
  bool wait_beyond(std::uint64_t sequence, std::chrono::milliseconds limit) const;
  /// Every committed event still in the log, oldest first, gaps left out: to rebuild the duplicate
  /// index.
  Result<void> for_each(const std::function<void(const postal::ScanEvent&)>& visit) const;

  /// Cumulative: everything up to `sequence` is stored at the data center. Kept across restarts;
  /// never goes back. Fails: invalid (beyond what is committed), io (stops the log).
  Result<void> acknowledge(std::uint64_t sequence);
  std::uint64_t acknowledged() const;

  /// An eventfd that becomes readable at each commit, for one reader that polls; owned by the log.
  int commit_descriptor() const;

  std::uint64_t epoch() const;
  const std::string& station() const;
  const Recovery& recovery() const;

  EventLog(EventLog&&) noexcept;
  EventLog& operator=(EventLog&&) noexcept;
  ~EventLog();  ///< commits what is queued

 private:
  struct Impl;
  explicit EventLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::uplink
