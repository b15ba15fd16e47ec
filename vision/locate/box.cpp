#include "vision/locate/box.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace backstamp::vision {
namespace {

/// Edges of a rectangle: where they lie on two axes (halved pixels), whether they change along the
/// first one rather than the second, and how strong they are, capped: a few black strokes do not
/// outvote a faint code.
struct Edges {
  std::vector<float> x, y, strength;
  std::vector<std::uint8_t> along_x;
  std::size_t count = 0;

  explicit Edges(std::size_t most) : x(most), y(most), strength(most), along_x(most) {}
};

/// Which edges count.
enum class Which : std::uint8_t { along_y = 0, along_x = 1, all = 2 };

constexpr float kCap = 60;
constexpr float kReach_px = 7;
constexpr float kWeakest = 6, kOverNoise = 1.3f;
constexpr int kMostRows = 110;  // of a rectangle are looked at: enough for edges to a pixel

Edges edges_in(ImageView half, PixelRect rect, Point along, float weakest) {
  const Point across{-along.y, along.x};
  const int left = std::max(rect.left, 1), right = std::min(rect.right, half.width_px - 1);
  const int top = std::max(rect.top, 1), bottom = std::min(rect.bottom, half.height_px - 1);
  if (left >= right || top >= bottom) return Edges(0);
  const auto wide = static_cast<std::size_t>(right - left);
  const int step = 1 + (bottom - top) / kMostRows;
  Edges edges(wide * static_cast<std::size_t>((bottom - top) / step + 1));
  std::vector<float> dx(wide), dy(wide), squares(wide);
  for (int y = top; y < bottom; y += step) {
    const std::uint8_t* above = half.row(y - 1) + left;
    const std::uint8_t* row = half.row(y) + left;
    const std::uint8_t* below = half.row(y + 1) + left;
    for (std::size_t i = 0; i < wide; ++i) {
      dx[i] = static_cast<float>(row[static_cast<std::ptrdiff_t>(i) + 1] -
                                 row[static_cast<std::ptrdiff_t>(i) - 1]);
      dy[i] = static_cast<float>(below[i] - above[i]);
      squares[i] = dx[i] * dx[i] + dy[i] * dy[i];
    }
    Point p{static_cast<float>(left) + 0.5f, static_cast<float>(y) + 0.5f};
    for (std::size_t i = 0; i < wide; ++i, p.x += 1) {
      if (squares[i] < weakest * weakest) continue;
      const std::size_t k = edges.count++;
      edges.x[k] = dot(p, along);
      edges.y[k] = dot(p, across);
      edges.strength[k] = std::min(std::sqrt(squares[i]), kCap);
      edges.along_x[k] = std::abs(dx[i] * along.x + dy[i] * along.y) >
                         std::abs(dx[i] * across.x + dy[i] * across.y);
    }
  }
  return edges;
}

struct Span {
  float from, to;
};

/// Sums of edge strengths along an axis (bins of one halved pixel), over edges of a kind whose
/// place on the other axis lies in `window`; then the stretch around its middle where the sum stays
/// above a share of the usual, bridging gaps of up to `gap` bins.
bool extent(const Edges& edges, Which which, bool of_x, Span window, Span limits, int gap,
            Span& out) {
  const std::vector<float>& places = of_x ? edges.x : edges.y;
  const std::vector<float>& others = of_x ? edges.y : edges.x;
  const int bins = static_cast<int>(limits.to - limits.from) + 1;
  if (bins < 8 || bins > 20000) return false;
  std::vector<float> sums(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < edges.count; ++i) {
    if (others[i] < window.from || others[i] > window.to) continue;
    if (which != Which::all && edges.along_x[i] != static_cast<std::uint8_t>(which)) continue;
    const int bin = static_cast<int>(places[i] - limits.from);
    if (bin >= 0 && bin < bins) sums[static_cast<std::size_t>(bin)] += edges.strength[i];
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
  constexpr float kTighter = 3.0f;
  Point along;
  if (!find_direction(face, rect, bars, noise, along)) return false;
  const Point across{-along.y, along.x};
  const PixelRect wide{rect.left - kMargin, rect.top - kMargin, rect.right + kMargin,
                       rect.bottom + kMargin};
  const Edges edges = edges_in(half, wide, along, std::max(kWeakest, kOverNoise * noise));
  const Span x_limits = span_of(wide, along), y_limits = span_of(wide, across);
  Span x = inner(span_of(rect, along)), y = inner(span_of(rect, across));
  for (int round = 0; round < 2; ++round) {
    if (!extent(edges, Which::all, true, y, x_limits, bars ? kBarGap : kGap, x)) return false;
    if (!extent(edges, Which::all, false, x, y_limits, kGap, y)) return false;
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
  for (const Which which : {Which::along_x, Which::along_y}) {
    Span one_x = x, one_y = y;
    if (!extent(edges, which, true, inner(y), x_limits, kOneWayGap, one_x) ||
        !extent(edges, which, false, inner(x), y_limits, kOneWayGap, one_y))
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
