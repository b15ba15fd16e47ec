#include "vision/locate/box.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace backstamp::vision {
namespace {

/// Edges of a rectangle: where they lie on two axes (halved pixels), and how strong they are,
/// capped: a few black strokes do not outvote a faint code.
struct Edges {
  std::vector<float> x, y, strength;

  void add(Point p, float s) {
    x.push_back(p.x);
    y.push_back(p.y);
    strength.push_back(s);
  }
};

/// All of them, and apart those that change along the x axis of the box and along its y axis.
struct AllEdges {
  Edges all, along_x, along_y;
};

constexpr float kCap = 60;
constexpr float kReach_px = 7;
constexpr float kWeakest = 6, kOverNoise = 1.3f;
constexpr int kMostRows = 100;  // of a rectangle are looked at: enough for edges to a pixel

AllEdges edges_in(ImageView half, PixelRect rect, Point along, bool apart, float weakest) {
  AllEdges edges;
  const Point across{-along.y, along.x};
  const int left = std::max(rect.left, 1), right = std::min(rect.right, half.width_px - 1);
  const int top = std::max(rect.top, 1), bottom = std::min(rect.bottom, half.height_px - 1);
  if (left >= right || top >= bottom) return edges;
  const int step = 1 + (bottom - top) / kMostRows;
  std::vector<float> squares(static_cast<std::size_t>(right - left));
  for (int y = top; y < bottom; y += step) {
    const std::uint8_t* above = half.row(y - 1);
    const std::uint8_t* row = half.row(y);
    const std::uint8_t* below = half.row(y + 1);
    for (int x = left; x < right; ++x) {
      const int gx = row[x + 1] - row[x - 1];
      const int gy = below[x] - above[x];
      squares[static_cast<std::size_t>(x - left)] = static_cast<float>(gx * gx + gy * gy);
    }
    for (int x = left; x < right; ++x) {
      const float squared = squares[static_cast<std::size_t>(x - left)];
      if (squared < weakest * weakest) continue;
      const Point p{static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f};
      const Point place{dot(p, along), dot(p, across)};
      const float strength = std::min(std::sqrt(squared), kCap);
      edges.all.add(place, strength);
      if (!apart) continue;
      const Point gradient{static_cast<float>(row[x + 1] - row[x - 1]),
                           static_cast<float>(below[x] - above[x])};
      const bool is_x = std::abs(dot(gradient, along)) > std::abs(dot(gradient, across));
      (is_x ? edges.along_x : edges.along_y).add(place, strength);
    }
  }
  return edges;
}

struct Span {
  float from, to;
};

/// Sums of edge strengths along an axis (bins of one halved pixel), over edges whose place on the
/// other axis lies in `window`; then the stretch around its middle where the sum stays above a
/// share of the usual, bridging gaps of up to `gap` bins.
bool extent(const std::vector<float>& places, const std::vector<float>& others,
            const std::vector<float>& strengths, Span window, Span limits, int gap, Span& out) {
  const int bins = static_cast<int>(limits.to - limits.from) + 1;
  if (bins < 8 || bins > 20000) return false;
  std::vector<float> sums(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (others[i] < window.from || others[i] > window.to) continue;
    const int bin = static_cast<int>(places[i] - limits.from);
    if (bin >= 0 && bin < bins) sums[static_cast<std::size_t>(bin)] += strengths[i];
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

bool fit_box(ImageView face, ImageView half, PixelRect rect, bool bars, float noise,
             OrientedBox& box, std::optional<OrientedBox>& tight) {
  constexpr int kGap = 3;     // halved pixels without an edge inside a matrix code
  constexpr int kBarGap = 9;  // and across bars: the widest bar or space
  constexpr int kOneWayGap = 5;
  constexpr int kMargin = 24;  // halved pixels: the windows stop short of the symbol's ends
  constexpr float kTighter = 2.5f;
  Point along;
  if (!find_direction(face, rect, bars, noise, along)) return false;
  const Point across{-along.y, along.x};
  const PixelRect wide{rect.left - kMargin, rect.top - kMargin, rect.right + kMargin,
                       rect.bottom + kMargin};
  const AllEdges edges = edges_in(half, wide, along, !bars, std::max(kWeakest, kOverNoise * noise));
  const Span x_limits = span_of(wide, along), y_limits = span_of(wide, across);
  Span x = inner(span_of(rect, along)), y = inner(span_of(rect, across));
  for (int round = 0; round < 2; ++round) {
    const Edges& e = edges.all;
    if (!extent(e.x, e.y, e.strength, y, x_limits, bars ? kBarGap : kGap, x)) return false;
    if (!extent(e.y, e.x, e.strength, x, y_limits, kGap, y)) return false;
  }
  const auto make = [&](Span xs, Span ys) {
    const Point center = along * ((xs.from + xs.to) / 2) + across * ((ys.from + ys.to) / 2);
    // The gradient of an edge reaches a halved pixel beyond it, its bin another half.
    return OrientedBox{.center = center * 2,
                       .along = along,
                       .width = 2 * (xs.to - xs.from) - kReach_px,
                       .height = 2 * (ys.to - ys.from) - kReach_px};
  };
  box = make(x, y);
  if (bars) return true;
  Span tight_x = x, tight_y = y;
  for (const Edges* e : {&edges.along_x, &edges.along_y}) {
    Span one_x = x, one_y = y;
    if (!extent(e->x, e->y, e->strength, inner(y), x_limits, kOneWayGap, one_x) ||
        !extent(e->y, e->x, e->strength, inner(x), y_limits, kOneWayGap, one_y))
      return true;
    tight_x = {std::max(tight_x.from, one_x.from), std::min(tight_x.to, one_x.to)};
    tight_y = {std::max(tight_y.from, one_y.from), std::min(tight_y.to, one_y.to)};
  }
  const float cut = std::max(
      {tight_x.from - x.from, x.to - tight_x.to, tight_y.from - y.from, y.to - tight_y.to});
  if (cut > kTighter && tight_x.to - tight_x.from > 8 && tight_y.to - tight_y.from > 8)
    tight = make(tight_x, tight_y);
  return true;
}

}  // namespace backstamp::vision
