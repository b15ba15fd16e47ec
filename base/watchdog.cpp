#include "base/watchdog.h"

namespace backstamp {

Watchdog::Watchdog(Progress progress, Due due, std::optional<std::chrono::microseconds> interval)
    : progress_(std::move(progress)), due_(std::move(due)) {
  if (!interval) return;
  thread_ = std::jthread(
      [this, apart = *interval / 2](const std::stop_token& stop) { run(stop, apart); });
}

Watchdog::~Watchdog() = default;

void Watchdog::run(const std::stop_token& stop, std::chrono::microseconds apart) {
  std::unique_lock lock(mutex_);
  std::optional<std::uint64_t> before;
  while (!stop.stop_requested()) {
    const std::uint64_t now = progress_();
    stalled_ = now == before && due_();
    before = now;
    if (!stalled_) service::watchdog();
    moment_.wait_for(lock, stop, apart, [] { return false; });
  }
}

}  // namespace backstamp
