#include "vision/four_state/half_bar_trust.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace backstamp::vision::four_state {
namespace {

constexpr float kLeast = 0.1f;

// 1 up to `from`, falling to kLeast at `to`.
float falling(float value, float from, float to) {
  return std::clamp(1 - (1 - kLeast) * (value - from) / (to - from), kLeast, 1.0f);
}

// The brighter greys around are paper: print covers less than half of the spaces.
float paper_near(const std::vector<float>& greys, int k) {
  constexpr int kReach = 8;
  const int last = static_cast<int>(greys.size()) - 1;
  const auto first = greys.begin() + std::max(0, k - kReach);
  return percentile({first, greys.begin() + std::min(last, k + kReach) + 1}, 0.6f);
}

// Standard deviation of the rows of a zone.
float unevenness(const float* rows, Zone zone) {
  constexpr int kRows = BarProfiles::kRows;
  const int first = std::clamp(static_cast<int>(std::lround(zone.from)), 0, kRows - 1);
  const int last = std::clamp(static_cast<int>(std::lround(zone.to)), first, kRows - 1);
  float sum = 0, squares = 0;
  for (int r = first; r <= last; ++r) sum += rows[r], squares += rows[r] * rows[r];
  const auto n = static_cast<float>(last - first + 1);
  return std::sqrt(std::max(0.0f, squares / n - sum * sum / (n * n)));
}

// What is usual in the run: most bars are whole.
float usual(const std::vector<float>& values, Run run) {
  return percentile({values.begin() + run.first, values.begin() + run.last + 1}, 0.8f);
}

}  // namespace

std::vector<float> half_bar_trust(const BarProfiles& profiles, Run run, Zone zone,
                                  const std::vector<float>& soft, const std::vector<float>& moves,
                                  float typical) {
  const int count = profiles.bars;
  std::vector<float> greys, shade, uneven;
  for (int s = 0; s <= count; ++s) {
    const float move = moves[static_cast<std::size_t>(std::min(s, count - 1))];
    greys.push_back(mean_rows(profiles.space(s), zone.from + move, zone.to + move));
  }
  for (int k = 0; k < count; ++k) {
    const float darker =
        std::min(greys[static_cast<std::size_t>(k)], greys[static_cast<std::size_t>(k) + 1]);
    shade.push_back((paper_near(greys, k) - darker) / typical);
    uneven.push_back(unevenness(profiles.bar(k), zone) / typical);
  }
  const float usual_shade = usual(shade, run), usual_uneven = usual(uneven, run);
  std::vector<float> trust;
  for (int k = 0; k < count; ++k) {
    const auto at = static_cast<std::size_t>(k);
    trust.push_back(falling(shade[at] - usual_shade, 0.6f, 1.0f) *
                    falling(uneven[at] - usual_uneven, 0.15f, 0.6f) *
                    falling(std::abs(soft[at]), 1.8f, 2.8f));
  }
  return trust;
}

}  // namespace backstamp::vision::four_state
