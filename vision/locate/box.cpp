#include "vision/locate/box.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace backstamp::vision {
namespace {

struct Edge {
  float x, y;      // halved pixels
  float strength;  // of the gradient, capped: a few black strokes do not outvote a faint code
};

constexpr float kCap = 60;
constexpr float kReach_px = 7;
constexpr float kWeakest = 8;

std::vector<Edge> edges_in(ImageView half, PixelRect rect) {
  std::vector<Edge> edges;
  const int right = std::min(rect.right, half.width_px - 1);
  const int bottom = std::min(rect.bottom, half.height_px - 1);
  for (int y = std::max(rect.top, 1); y < bottom; ++y) {
    const std::uint8_t* above = half.row(y - 1);
    const std::uint8_t* row = half.row(y);
    const std::uint8_t* below = half.row(y + 1);
    for (int x = std::max(rect.left, 1); x < right; ++x) {
      const auto gx = static_cast<float>(row[x + 1] - row[x - 1]);
      const auto gy = static_cast<float>(below[x] - above[x]);
      const float squared = gx * gx + gy * gy;
      if (squared < kWeakest * kWeakest) continue;
      const float strength = std::sqrt(squared);
      edges.push_back(
          {static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f, std::min(strength, kCap)});
    }
  }
  return edges;
}

struct Span {
  float from, to;
};

/// Sums of edge strengths along `axis` (bins of one halved pixel), over edges whose place on the
/// other axis lies in `window`; then the stretch around its middle where the sum stays above a
/// share of the usual, bridging gaps of up to `gap` bins.
bool extent(const std::vector<Edge>& edges, Point axis, Point other, Span window, Span limits,
            int gap, Span& out) {
  const int bins = static_cast<int>(limits.to - limits.from) + 1;
  if (bins < 8 || bins > 20000) return false;
  std::vector<float> sums(static_cast<std::size_t>(bins));
  for (const Edge& e : edges) {
    const Point p{e.x, e.y};
    const float at = dot(p, other);
    if (at < window.from || at > window.to) continue;
    const int bin = static_cast<int>(dot(p, axis) - limits.from);
    if (bin >= 0 && bin < bins) sums[static_cast<std::size_t>(bin)] += e.strength;
  }
  std::vector<float> smooth(sums.size());
  for (int i = 0; i < bins; ++i) {
    float sum = 0;
    for (int k = std::max(0, i - 2); k <= std::min(bins - 1, i + 2); ++k)
      sum += sums[static_cast<std::size_t>(k)];
    smooth[static_cast<std::size_t>(i)] = sum;
  }
  std::vector<float> middle(smooth.begin() + bins / 4, smooth.end() - bins / 4);
  std::nth_element(middle.begin(), middle.begin() + static_cast<std::ptrdiff_t>(middle.size() / 2),
                   middle.end());
  const float enough = 0.4f * middle[middle.size() / 2];
  if (enough <= 0) return false;
  const auto reach = [&](int step) {
    int last = bins / 2;
    for (int i = last; i >= 0 && i < bins && std::abs(i - last) <= gap; i += step)
      if (smooth[static_cast<std::size_t>(i)] >= enough) last = i;
    // The smoothing widens by two bins; the true end is where the plain sums last reach up.
    while (last != bins / 2 && sums[static_cast<std::size_t>(last)] < 0.5f * enough / 5)
      last -= step;
    return last;
  };
  out = {limits.from + static_cast<float>(reach(-1)),
         limits.from + static_cast<float>(reach(1)) + 1};
  return out.to - out.from >= 8;
}

Span span_of(PixelRect rect, Point axis) {
  Span span{1e9f, -1e9f};
  for (int k = 0; k < 4; ++k) {
    const Point p{static_cast<float>(k & 1 ? rect.right : rect.left),
                  static_cast<float>(k & 2 ? rect.bottom : rect.top)};
    span = {std::min(span.from, dot(p, axis)), std::max(span.to, dot(p, axis))};
  }
  return span;
}

Span inner(Span span) {
  const float third = (span.to - span.from) / 4;
  return {span.from + third, span.to - third};
}

}  // namespace

bool fit_box(ImageView face, ImageView half, PixelRect rect, bool bars, OrientedBox& box) {
  constexpr int kGap = 3;      // halved pixels without an edge inside a matrix code
  constexpr int kBarGap = 9;   // and across bars: the widest bar or space
  constexpr int kMargin = 24;  // halved pixels: the windows stop short of the symbol's ends
  Point along;
  if (!find_direction(face, rect, bars, along)) return false;
  const Point across{-along.y, along.x};
  const PixelRect wide{rect.left - kMargin, rect.top - kMargin, rect.right + kMargin,
                       rect.bottom + kMargin};
  const std::vector<Edge> edges = edges_in(half, wide);
  const Span x_limits = span_of(wide, along);
  const Span y_limits = span_of(wide, across);
  Span x = inner(span_of(rect, along));
  Span y = inner(span_of(rect, across));
  for (int round = 0; round < 2; ++round) {
    if (!extent(edges, along, across, y, x_limits, bars ? kBarGap : kGap, x)) return false;
    if (!extent(edges, across, along, x, y_limits, kGap, y)) return false;
  }
  const Point center = along * ((x.from + x.to) / 2) + across * ((y.from + y.to) / 2);
  box.center = center * 2;
  box.along = along;
  // The gradient of an edge reaches a halved pixel beyond it, its bin another half.
  box.width = 2 * (x.to - x.from) - kReach_px;
  box.height = 2 * (y.to - y.from) - kReach_px;
  return true;
}

}  // namespace backstamp::vision
