#include "station/line/effort_plan.h"

#include <algorithm>

namespace backstamp::station {

using postal::Shed;

FaceEffort plan_effort(const EffortLimits& limits, std::chrono::nanoseconds left,
                       std::size_t waiting, unsigned workers, bool satisfied) {
  if (satisfied && waiting >= workers) return {0, Shed::faces};
  const auto left_us = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
  if (left_us < static_cast<std::int64_t>(limits.least_effort)) return {0, Shed::reading};
  const auto share = static_cast<std::uint64_t>(left_us) * std::max(1u, workers) / (waiting + 1);
  // Alone, a face may take all of the time that is left, and no more.
  const auto most = std::min<std::uint64_t>(limits.effort, static_cast<std::uint64_t>(left_us));
  const auto effort =
      std::clamp<std::uint64_t>(share, std::min<std::uint64_t>(limits.least_effort, most), most);
  return {static_cast<std::uint32_t>(effort),
          effort < limits.effort ? Shed::effort : Shed::nothing};
}

}  // namespace backstamp::station
