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

namespace backstamp::uplink {

struct EventLogOptions {
  std::filesystem::path directory;  ///< made when missing; locked against a second process
  std::string station;
  std::uint64_t segment_bytes = 64ull << 20;
  std::chrono::microseconds commit_interval{2000};  ///< group commit: longest wait for a companion
  std::chrono::hours keep_acknowledged{45 * 24};    ///< acknowledged segments stay this long
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
  /// it is committed when committed() reaches it.
  Result<std::uint64_t> append(postal::ScanEvent event);
  /// The highest sequence on stable storage.
  std::uint64_t committed() const;
  /// Waits until `sequence` is committed. Fails (io) when the log has stopped, timeout.
  Result<void> wait_committed(std::uint64_t sequence, std::chrono::milliseconds limit);

  /// Committed events from `first` on, at most `limit`, in order; empty when there is none yet.
  Result<std::vector<postal::ScanEvent>> read(std::uint64_t first, std::size_t limit) const;
  /// Waits until something after `sequence` is committed, or `limit` passes.
  bool wait_beyond(std::uint64_t sequence, std::chrono::milliseconds limit) const;
  /// Every committed event still in the log, oldest first: to rebuild the duplicate index.
  Result<void> for_each(const std::function<void(const postal::ScanEvent&)>& visit) const;

  /// Cumulative: everything up to `sequence` is stored at the data center. Kept across restarts;
  /// never goes back.
  Result<void> acknowledge(std::uint64_t sequence);
  std::uint64_t acknowledged() const;

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
