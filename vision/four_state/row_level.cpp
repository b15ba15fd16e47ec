#include "vision/four_state/row_level.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace backstamp::vision::four_state {
namespace {

constexpr int kRows = BarProfiles::kRows;
constexpr int kMiddle = kProfileMiddle;
constexpr float kPerPitch = BarProfiles::kRowsPerPitch;
constexpr float kMost = 1.2f * kPerPitch;
constexpr double kStray = 0.35 * kPerPitch;

// Two opinions, which agree unless nearly all bars of the group ascend, or descend.
struct Offset {
  double place;
  double low;
  double high;
  bool agreed() const { return high - low < kStray; }
  double nearest(double expected) const {
    if (agreed()) return 0.5 * (low + high);
    return std::abs(low - expected) < std::abs(high - expected) ? low : high;
  }
};

double value(const std::array<double, 3>& curve, double x) {
  return curve[0] + curve[1] * x + curve[2] * x * x;
}

// −1 at the first bar of the run, +1 at the last.
double place_of(double k, Run run) {
  return (k - 0.5 * (run.first + run.last)) / (0.5 * std::max(1, run.length()));
}

// Where one bar ends above and below.
struct Ends {
  float top;
  float bottom;
};

Ends bar_ends(const float* rows, float typical) {
  Profile smooth{};
  for (std::size_t r = 1; r + 1 < kRows; ++r) smooth[r] = rows[r - 1] + rows[r] + rows[r + 1];
  const auto peak = static_cast<int>(
      std::max_element(smooth.begin() + kMiddle - 8, smooth.begin() + kMiddle + 9) -
      smooth.begin());
  const float level =
      1.5f * std::clamp(smooth[static_cast<std::size_t>(peak)] / 3, 0.6f * typical, 1.2f * typical);
  return {crossing(smooth, peak, -1, level), crossing(smooth, peak, +1, level)};
}

// Four edges of a group of bars: some bars end at the tracker's top, some at the ascender's, and
// so below. In a group of nothing but ascenders two of the four are wrong.
struct Edges {
  double place;
  float inner_top, inner_bottom, outer_top, outer_bottom;
};

std::vector<Offset> group_offsets(const BarProfiles& profiles, Run run, float typical) {
  constexpr std::size_t kGroup = 12;
  constexpr std::size_t kRank = 2;  // the third from either end
  std::vector<Edges> groups;
  std::vector<float> tops, bottoms;
  for (int k = run.first; k <= run.last; ++k) {
    const Ends ends = bar_ends(profiles.bar(k), typical);
    tops.push_back(ends.top), bottoms.push_back(ends.bottom);
  }
  for (std::size_t k = 0; k + kGroup <= tops.size(); k += 3) {
    std::array<float, kGroup> top, bottom;
    std::copy_n(tops.begin() + static_cast<std::ptrdiff_t>(k), kGroup, top.begin());
    std::copy_n(bottoms.begin() + static_cast<std::ptrdiff_t>(k), kGroup, bottom.begin());
    std::sort(top.begin(), top.end());
    std::sort(bottom.begin(), bottom.end());
    groups.push_back({place_of(run.first + static_cast<double>(k) + (kGroup - 1) * 0.5, run),
                      top[kGroup - 1 - kRank], bottom[kRank], top[kRank],
                      bottom[kGroup - 1 - kRank]});
  }
  if (groups.empty()) return {};
  std::vector<float> inner, outer;
  for (const Edges& e : groups) {
    inner.push_back(0.5f * (e.inner_bottom - e.inner_top));
    outer.push_back(0.5f * (e.outer_bottom - e.outer_top));
  }
  const float tracker = percentile(inner, 0.4f), full = percentile(outer, 0.6f);
  std::vector<Offset> offsets;
  for (const Edges& e : groups) {
    std::array<float, 4> middle{e.inner_top + tracker, e.inner_bottom - tracker, e.outer_top + full,
                                e.outer_bottom - full};
    std::sort(middle.begin(), middle.end());
    offsets.push_back({e.place, 0.5 * (middle[0] + middle[1]) - kMiddle,
                       0.5 * (middle[2] + middle[3]) - kMiddle});
  }
  return offsets;
}

// Normal equations of a parabola, a little damped towards a flat one.
std::array<double, 3> solve(const std::array<double, 5>& p, std::array<double, 3> m) {
  std::array<std::array<double, 3>, 3> a{
      {{p[0] + 0.1, p[1], p[2]}, {p[1], p[2] + 0.1, p[3]}, {p[2], p[3], p[4] + 0.3}}};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = i + 1; j < 3; ++j) {
      const double factor = a[j][i] / a[i][i];
      for (std::size_t c = i; c < 3; ++c) a[j][c] -= factor * a[i][c];
      m[j] -= factor * m[i];
    }
  }
  std::array<double, 3> x{};
  for (std::size_t i = 3; i-- > 0;) {
    double sum = m[i];
    for (std::size_t c = i + 1; c < 3; ++c) sum -= a[i][c] * x[c];
    x[i] = sum / a[i][i];
  }
  return x;
}

// The parabola along the row; strays are left out after the first pass.
std::optional<std::array<double, 3>> fit_curve(const std::vector<Offset>& offsets) {
  std::array<double, 3> curve{};
  for (int pass = 0; pass < 3; ++pass) {
    std::array<double, 5> power{};
    std::array<double, 3> moment{};
    for (const Offset& offset : offsets) {
      const double expected = value(curve, offset.place);
      const double rows = offset.nearest(expected);
      if (pass == 0 ? !offset.agreed() : std::abs(rows - expected) > kStray) continue;
      double p = 1;
      for (std::size_t i = 0; i < power.size(); ++i, p *= offset.place) {
        power[i] += p;
        if (i < moment.size()) moment[i] += p * rows;
      }
    }
    if (power[0] < 3) return std::nullopt;
    curve = solve(power, moment);
  }
  return curve;
}

}  // namespace

std::vector<float> row_offsets(const BarProfiles& profiles, Run run, float typical) {
  std::vector<float> rows(static_cast<std::size_t>(profiles.bars), 0.0f);
  const std::vector<Offset> offsets = group_offsets(profiles, run, typical);
  const std::optional<std::array<double, 3>> curve = fit_curve(offsets);
  if (!curve) return rows;
  // The parabola, and what waves of the paper leave of it.
  const double reach = 2.0 * 8 / std::max(8, run.length());
  for (int k = 0; k < profiles.bars; ++k) {
    const double x = std::clamp(place_of(k, run), -1.1, 1.1);
    double sum = 0, weight = 0.5;
    for (const Offset& offset : offsets) {
      const double expected = value(*curve, offset.place);
      const double rest = offset.nearest(expected) - expected;
      const double distance = std::abs(offset.place - x) / reach;
      if (std::abs(rest) > kStray || distance >= 1) continue;
      sum += (1 - distance) * rest, weight += 1 - distance;
    }
    rows[static_cast<std::size_t>(k)] =
        std::clamp(static_cast<float>(value(*curve, x) + sum / weight), -kMost, kMost);
  }
  return rows;
}

}  // namespace backstamp::vision::four_state
