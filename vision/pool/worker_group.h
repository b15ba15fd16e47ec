// Workers of one kind: some at work, one spare ready.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "vision/pool/worker_process.h"

namespace backstamp::vision {

/// Keeps `workers` + 1 processes of one program alive; at most `workers` are out at a time.
/// Thread-safe.
class WorkerGroup {
 public:
  WorkerGroup(std::filesystem::path program, unsigned workers);

  /// A ready worker; an empty pointer when `deadline` came first. Fails when the program cannot be
  /// started (three attempts one after the other); the next call tries anew.
  Result<std::unique_ptr<WorkerProcess>> take(SteadyTime deadline);
  /// Every worker that was taken comes back; an empty pointer (it died) is replaced.
  void give_back(std::unique_ptr<WorkerProcess> worker);
  /// Workers started in the place of ones that ended.
  std::uint64_t restarts() const;

 private:
  bool hopeless() const;  ///< no worker is there and none can be started
  void keep(const std::stop_token& stop);

  const std::filesystem::path program_;
  const unsigned workers_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<WorkerProcess>> ready_;
  unsigned out_ = 0;
  unsigned failures_ = 0;  ///< to start, one after the other
  std::optional<Error> failure_;
  std::uint64_t started_ = 0;
  std::jthread keeper_;  // last: stops before the rest goes
};

}  // namespace backstamp::vision
