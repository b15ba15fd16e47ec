// What a thread or a process asks of the machine so that it is not kept waiting, and what the
// machine allowed: never a failure, always a sentence for the report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace backstamp {

/// What is asked for. Whatever is left at its default is not touched.
struct RealtimeProfile {
  std::vector<unsigned> cpus;  ///< processors to run on, the first is 0; empty: any
  int fifo_priority = 0;       ///< SCHED_FIFO, 1 to 99; 0: shared with everyone
  int nice = 0;                ///< -20 to 19 (lower is sooner), for what is not SCHED_FIFO
  bool lock_memory = false;    ///< nothing of it is ever swapped out

  bool operator==(const RealtimeProfile&) const = default;
};

/// One thing that was asked for.
struct RealtimeStep {
  bool allowed = false;
  std::string text;  ///< "pinned to 0,2" or "not pinned to 7: Invalid argument"
};

/// Keeps this thread, and those that it starts, on some processors. Not allowed when one of them
/// does not exist or is not this process's to use.
RealtimeStep pin_this_thread(const std::vector<unsigned>& cpus);

/// SCHED_FIFO for this thread alone: what it starts is scheduled as everyone. Wants CAP_SYS_NICE or
/// a limit (LimitRTPRIO=) as high as `priority`.
RealtimeStep fifo_this_thread(int priority);

/// The nice value of this thread and those that it starts. Less than now wants CAP_SYS_NICE.
RealtimeStep nice_this_thread(int nice);

/// Keeps what this process has and will have in memory once it is there; what was never touched
/// takes none. Wants CAP_IPC_LOCK or no limit (LimitMEMLOCK=infinity): with less, memory taken
/// later would be refused, and so this asks for nothing.
RealtimeStep lock_memory();

/// What came of a whole profile. What was not asked for is false, and not in the text.
struct RealtimeState {
  bool pinned = false;
  bool fifo = false;
  bool niced = false;
  bool locked = false;
  std::string text;  ///< "pinned to 0,2; SCHED_FIFO 10; memory locked"; empty: nothing was asked
};

/// Applies a profile to this thread (its memory: to this process).
RealtimeState apply_realtime(const RealtimeProfile& profile);

/// "0-2,5" as {0, 1, 2, 5}: ascending, without repeats. Fails: invalid.
Result<std::vector<unsigned>> parse_cpus(std::string_view text);

/// The inverse, every one named: "0,1,2,5".
std::string format_cpus(const std::vector<unsigned>& cpus);

}  // namespace backstamp
