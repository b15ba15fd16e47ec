// A watchdog that watches progress, and not only life: the manager hears of this process while its
// work gets on, and restarts it when work is due and nothing does.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/service.h"

namespace backstamp {

/// Looks twice as often as the manager wants to hear, on a thread of its own, and tells it
/// (service::watchdog) when progress was made since the last look or none is due. A callback that
/// hangs is a process that does not get on. Does nothing where there is no watchdog.
class Watchdog {
 public:
  /// Another number whenever something was done.
  using Progress = std::function<std::uint64_t()>;
  /// Something should be done now; while nothing is, standing still is no fault.
  using Due = std::function<bool()>;

  explicit Watchdog(
      Progress progress, Due due = [] { return true; },
      std::optional<std::chrono::microseconds> interval = service::watchdog_interval());
  /// Work was due and nothing had been done at the last look.
  bool stalled() const { return stalled_; }
  ~Watchdog();

 private:
  void run(const std::stop_token& stop, std::chrono::microseconds apart);

  Progress progress_;
  Due due_;
  std::atomic<bool> stalled_{false};
  std::mutex mutex_;
  std::condition_variable_any moment_;
  std::jthread thread_;
};

}  // namespace backstamp
