// The simulation's own clock: moments are waited for by absolute time, and how late each wait ended
// is kept, so that the simulation's lateness is neither blamed on the station nor hidden.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/histogram.h"
#include "programs/simulate/belt.h"

namespace backstamp::simulate {

/// Sleeps until `moment` (at once when it has passed). Returns how late it woke; none when it was
/// told to stop, which it notices within a tenth of a second.
std::optional<std::chrono::nanoseconds> sleep_until(SteadyTime moment, const std::stop_token& stop);

/// Does nothing until told to stop: what a thread cost is known as long as it is there.
void stay_until(const std::stop_token& stop);

/// Names the calling thread and asks for exact timers for it. Threads that it starts are named as
/// it is: what a thread costs is told by its name (resources.h).
void be_simulation_thread(const char* name);

/// The moment from which all lanes count. Thread-safe.
class StartSignal {
 public:
  void give(SteadyTime start);
  /// Waits for the moment to be given; none when told to stop before.
  std::optional<SteadyTime> await(const std::stop_token& stop) const;
  std::optional<SteadyTime> given() const;  ///< none yet: without waiting

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any told_;
  std::optional<SteadyTime> start_;
};

/// How late the simulation did what was due. Thread-safe.
class Lateness {
 public:
  void note(std::chrono::nanoseconds late);
  Histogram so_far() const;

 private:
  mutable std::mutex mutex_;
  Histogram histogram_;
};

}  // namespace backstamp::simulate
