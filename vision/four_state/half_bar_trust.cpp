#include "vision/four_state/half_bar_trust.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace backstamp::vision::four_state {
namespace {

constexpr float kLeast = 0.1f;

// 1 up to `from`, falling to kLeast at `to`.
float falling(float value, float from, float to) {
  return std::clamp(1 - (1 - kLeast) * (value - from) / (to - from), kLeast, 1.0f);
}

// The brighter greys around each place are paper: print covers less than half of the spaces. The
// greys within reach are kept in order while the places go by.
std::vector<float> paper_along(const std::vector<float>& greys) {
  constexpr std::size_t kReach = 8;
  constexpr float kPart = 0.6f;
  std::array<float, 2 * kReach + 1> near{};
  std::size_t count = 0;
  const auto add = [&](float grey) {
    std::size_t at = count++;
    for (; at > 0 && near[at - 1] > grey; --at) near[at] = near[at - 1];
    near[at] = grey;
  };
  const auto remove = [&](float grey) {
    std::size_t at = 0;
    while (at + 1 < count && near[at] < grey) ++at;
    for (--count; at < count; ++at) near[at] = near[at + 1];
  };
  for (std::size_t i = 0; i < std::min(kReach, greys.size()); ++i) add(greys[i]);
  std::vector<float> paper(greys.size());
  for (std::size_t i = 0; i < greys.size(); ++i) {
    if (i > kReach) remove(greys[i - kReach - 1]);
    if (i + kReach < greys.size()) add(greys[i + kReach]);
    paper[i] = near[static_cast<std::size_t>(kPart * static_cast<float>(count - 1))];
  }
  return paper;
}

// Standard deviation of the rows of a zone.
float unevenness(const float* rows, Zone zone) {
  constexpr int kRows = BarProfiles::kRows;
  const int first = std::clamp(nearest(zone.from), 0, kRows - 1);
  const int last = std::clamp(nearest(zone.to), first, kRows - 1);
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
  const std::vector<float> paper = paper_along(greys);
  for (int k = 0; k < count; ++k) {
    const float darker =
        std::min(greys[static_cast<std::size_t>(k)], greys[static_cast<std::size_t>(k) + 1]);
    shade.push_back((paper[static_cast<std::size_t>(k)] - darker) / typical);
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
