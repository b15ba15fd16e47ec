// Workers of one kind: some at work, spares ready, and one thread that keeps them so.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "vision/pool/worker_process.h"

namespace backstamp::vision {

struct WorkerGroupOptions {
  WorkerPlan plan;
  unsigned workers = 1;                  ///< out at the same time
  unsigned spares = 1;                   ///< ready beside them
  std::size_t growth_bytes = 256 << 20;  ///< what one may have more than when it was ready
};

struct WorkerGroupCounters {
  std::uint64_t restarts = 0;  ///< workers started in the place of ones that ended
  std::uint64_t grown = 0;     ///< ended because they had grown
  unsigned ready = 0;          ///< at work or waiting for it
  std::chrono::microseconds start_last{};
  std::chrono::microseconds start_longest{};
  std::chrono::microseconds vacant_longest{};  ///< a place for which there was no ready worker
};

/// Keeps `workers` + `spares` processes of one program alive. Thread-safe. take() and give_back()
/// take no memory and make no worker's end their own: processes are started, watched and buried by
/// the group's thread.
class WorkerGroup {
 public:
  explicit WorkerGroup(WorkerGroupOptions options);
  ~WorkerGroup();

  /// A ready worker, lent until give_back(); null when `deadline` came first. Fails when none is
  /// there and the program could not be started three times in a row; it is tried again, ever more
  /// seldom (up to every ten seconds).
  Result<WorkerProcess*> take(SteadyTime deadline);
  /// Every worker that was taken comes back; one that is not `usable` is killed and replaced, and
  /// so is one that has grown.
  void give_back(WorkerProcess* worker, bool usable);

  WorkerGroupCounters counters() const;
  /// What the machine allowed the worker that became ready last.
  RealtimeState realtime() const;

 private:
  bool hopeless() const;  ///< no worker is there and none can be started
  void note_vacancy();
  void wake() const;

  // The keeper's own: only its thread starts, looks at and ends workers.
  void keep(const std::stop_token& stop);
  bool may_launch(SteadyTime now);
  void launch();
  int patience(SteadyTime now) const;
  void wait_for_news(SteadyTime now);
  void welcome();
  void admit(std::unique_ptr<WorkerProcess> worker);
  void failed(Error error);
  void bury();
  void look(SteadyTime now);
  void end_waiting(WorkerProcess& worker, bool grown);

  const WorkerGroupOptions options_;
  const UniqueFd news_;  ///< an eventfd that wakes the keeper

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<WorkerProcess*> ready_;  ///< the last one is taken first
  std::vector<WorkerProcess*> given_up_;
  unsigned out_ = 0;
  unsigned failures_ = 0;  ///< to start, one after the other
  std::optional<Error> failure_;
  std::uint64_t started_ = 0;
  std::optional<SteadyTime> vacant_since_;
  WorkerGroupCounters counters_;
  RealtimeState realtime_;

  std::vector<std::unique_ptr<WorkerProcess>> starting_;
  std::vector<std::unique_ptr<WorkerProcess>> living_;
  std::vector<std::unique_ptr<WorkerProcess>> dying_;
  SteadyTime not_before_{};
  SteadyTime next_look_{};
  std::jthread keeper_;  // last: stops before the rest goes
};

}  // namespace backstamp::vision
