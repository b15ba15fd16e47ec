// How much work a face may cost, from the time that is left and who else is waiting.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "postal/event.h"

namespace backstamp::station {

struct EffortLimits {
  std::uint32_t effort = 20'000;       ///< where there is time
  std::uint32_t least_effort = 2'000;  ///< below it reading is not begun
};

struct FaceEffort {
  std::uint32_t effort = 0;  ///< 0: the face is not read
  postal::Shed shed = postal::Shed::nothing;
};

/// Pure. `left` is the time until the piece must be decided, shared fairly with the faces that wait
/// (`waiting`, without this one) among `workers` readers: a face gets
///
///   left × workers ÷ (waiting + 1), at most limits.effort, at least limits.least_effort
///
/// units of about a microsecond. So overload takes the ladder's last steps from all faces before it
/// takes reading from any; a face is not read only when not even the least effort fits into `left`.
/// `satisfied`: a genuine token was read on another picture of the piece; the face is then read
/// only when nobody waits.
FaceEffort plan_effort(const EffortLimits& limits, std::chrono::nanoseconds left,
                       std::size_t waiting, unsigned workers, bool satisfied);

}  // namespace backstamp::station
