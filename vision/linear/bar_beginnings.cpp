#include "vision/linear/bar_beginnings.h"

#include <algorithm>
#include <cstddef>

#include "vision/linear/bar_profile.h"

namespace backstamp::vision {
namespace {

constexpr float kLeastQuiet = 8 * kPerPixel;
constexpr std::size_t kMostPlaces = 4;

/// Where a bar begins that `i` lies in: where it is half as dark as it becomes. A thin bar under
/// wide blur does not become fully dark.
float half_way(const std::vector<float>& dark, std::size_t i) {
  float peak = dark[i];
  for (std::size_t k = i + 1; k < dark.size() && dark[k] > peak - 0.04f; ++k)
    peak = std::max(peak, dark[k]);
  const float half = std::min(peak, 1.0f) / 2;
  while (i + 1 < dark.size() && dark[i] < half) ++i;
  while (i > 0 && dark[i - 1] >= half) --i;
  if (i == 0 || dark[i] - dark[i - 1] < 1e-6f) return static_cast<float>(i);
  return static_cast<float>(i - 1) + (half - dark[i - 1]) / (dark[i] - dark[i - 1]);
}

}  // namespace

std::vector<BarBeginning> bar_beginnings(const std::vector<float>& dark) {
  constexpr float kLight = 0.35f;
  std::vector<BarBeginning> places;
  std::size_t light_from = 0;
  for (std::size_t i = 1; i < dark.size(); ++i) {
    if ((dark[i - 1] < kLight) == (dark[i] < kLight)) continue;
    const auto light = static_cast<float>(i - light_from);
    if (dark[i] >= kLight && light >= kLeastQuiet) places.push_back({half_way(dark, i), light});
    light_from = i;
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const BarBeginning& a, const BarBeginning& b) { return a.quiet > b.quiet; });
  if (places.size() > kMostPlaces) places.resize(kMostPlaces);
  return places;
}

}  // namespace backstamp::vision
