#include "vision/four_state/profile_math.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace backstamp::vision::four_state {
namespace {
constexpr int kRows = BarProfiles::kRows;
}

float mean_rows(const float* rows, float from, float to) {
  const int first = std::clamp(nearest(from), 0, kRows - 1);
  const int last = std::clamp(nearest(to), first, kRows - 1);
  float sum = 0;
  for (int r = first; r <= last; ++r) sum += rows[r];
  return sum / static_cast<float>(last - first + 1);
}

float percentile(std::vector<float> values, float part) {
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<float>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

float crossing(const Profile& profile, int from, int step, float level) {
  for (int r = from; r + step >= 0 && r + step < kRows; r += step) {
    const float here = profile[static_cast<std::size_t>(r)];
    const float next = profile[static_cast<std::size_t>(r + step)];
    if (next < level)
      return static_cast<float>(r) +
             static_cast<float>(step) *
                 std::clamp((here - level) / (here - next + 1e-6f), 0.0f, 1.0f);
  }
  return step > 0 ? kRows - 1.0f : 0.0f;
}

}  // namespace backstamp::vision::four_state
