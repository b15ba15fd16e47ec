#include "programs/simulate/pace.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <thread>

namespace backstamp::simulate {

using namespace std::chrono_literals;

std::optional<std::chrono::nanoseconds> sleep_until(SteadyTime moment,
                                                    const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= moment) return now - moment;
    const auto next = std::min(moment, now + 100ms).time_since_epoch();
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(next);
    const timespec until{
        static_cast<time_t>(whole.count()),
        static_cast<long>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(next - whole).count())};
    (void)::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
  }
  return std::nullopt;
}

void stay_until(const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(50ms);
}

void be_simulation_thread(const char* name) {
  (void)::pthread_setname_np(::pthread_self(), name);
  (void)::prctl(PR_SET_TIMERSLACK, 1000);  // a microsecond; the kernel's default is fifty
}

void StartSignal::give(SteadyTime start) {
  {
    const std::scoped_lock lock(mutex_);
    start_ = start;
  }
  told_.notify_all();
}

std::optional<SteadyTime> StartSignal::await(const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  if (!told_.wait(lock, stop, [this] { return start_.has_value(); })) return std::nullopt;
  return start_;
}

std::optional<SteadyTime> StartSignal::given() const {
  const std::scoped_lock lock(mutex_);
  return start_;
}

void Lateness::note(std::chrono::nanoseconds late) {
  const std::scoped_lock lock(mutex_);
  histogram_.record_ns(static_cast<std::uint64_t>(std::max<std::int64_t>(late.count(), 0)));
}

Histogram Lateness::so_far() const {
  const std::scoped_lock lock(mutex_);
  return histogram_;
}

}  // namespace backstamp::simulate
