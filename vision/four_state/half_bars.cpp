#include "vision/four_state/half_bars.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace backstamp::vision::four_state {
namespace {

// Least squares of each value as its own bar and its neighbours, then the neighbours off.
std::vector<float> equalised(const std::vector<float>& soft, Run run) {
  std::vector<float> result = soft;
  const int count = static_cast<int>(soft.size());
  const auto hard = [&](int k) {
    return k < 0 || k >= count || result[static_cast<std::size_t>(k)] < 0 ? -1.0f : 1.0f;
  };
  for (int pass = 0; pass < 2; ++pass) {
    // soft ≈ c0 + c1·bar + c2·(left + right)/2: least squares by the correlations of the runs.
    double sbb = 0, snn = 0, sbn = 0, sb = 0, sn = 0, sy = 0, sby = 0, sny = 0, n = 0;
    for (int k = run.first; k <= run.last; ++k) {
      const double b = hard(k), m = 0.5 * (hard(k - 1) + hard(k + 1));
      const double y = soft[static_cast<std::size_t>(k)];
      n += 1, sb += b, sn += m, sy += y, sbb += b * b, snn += m * m, sbn += b * m;
      sby += b * y, sny += m * y;
    }
    const double bb = sbb - sb * sb / n, nn = snn - sn * sn / n, bn = sbn - sb * sn / n;
    const double by = sby - sb * sy / n, ny = sny - sn * sy / n;
    const double det = bb * nn - bn * bn;
    if (det < 1e-3 * n * n) return soft;
    const double c1 = (by * nn - ny * bn) / det;
    const double c2 = std::clamp((ny * bb - by * bn) / det, -0.5, 0.5);
    const double c0 = (sy - c1 * sb - c2 * sn) / n;
    if (c1 < 0.4) return soft;
    std::vector<float> next(soft.size());
    for (int k = 0; k < count; ++k) {
      const double m = 0.5 * (hard(k - 1) + hard(k + 1));
      next[static_cast<std::size_t>(k)] =
          static_cast<float>((soft[static_cast<std::size_t>(k)] - c0 - c2 * m) / c1);
    }
    result = std::move(next);
  }
  return result;
}

}  // namespace

std::vector<float> soften(const std::vector<float>& dark, Run run) {
  const auto at = [&](const std::vector<float>& v, int k) {
    return v[static_cast<std::size_t>(k)];
  };
  float threshold = 0.5f, low = 0, high = 1;
  for (int pass = 0; pass < 4; ++pass) {
    float low_sum = 0, high_sum = 0;
    int low_count = 0, high_count = 0;
    for (int k = run.first; k <= run.last; ++k) {
      if (at(dark, k) < threshold)
        low_sum += at(dark, k), ++low_count;
      else
        high_sum += at(dark, k), ++high_count;
    }
    low = low_count > 2 ? low_sum / static_cast<float>(low_count) : 0.0f;
    high = high_count > 2 ? high_sum / static_cast<float>(high_count) : 1.0f;
    threshold = std::clamp(0.5f * (low + high), 0.25f, 0.75f);
  }
  const float gain = 2.0f / std::max(0.3f, high - low);
  std::vector<float> soft;
  for (const float value : dark) soft.push_back(gain * (value - threshold));
  return equalised(soft, run);
}

}  // namespace backstamp::vision::four_state
