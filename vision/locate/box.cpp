#include "vision/locate/box.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vision/locate/gradients.h"

namespace backstamp::vision {
namespace {

constexpr int kCap = 60;
constexpr float kReach_px = 7;
constexpr float kWeakest = 6, kOverNoise = 1.3f;
constexpr int kMostLooks = 12'000;  // of a rectangle's pixels: enough for its ends to a pixel

struct Span {
  float from, to;
};

/// An edge of a rectangle, by the bins of one halved pixel in which it lies on the rectangle's two
/// axes. How strong it is is capped: a few black strokes do not outvote a faint code.
struct Edge {
  std::uint16_t x, y, strength;
};

/// Edges that change along one axis, in room that is made once.
struct EdgeList {
  std::unique_ptr<Edge[]> room;
  std::size_t count = 0;
};

/// The edges of a rectangle.
struct Edges {
  Span x{}, y{};              // where the bins begin and end
  EdgeList along_x, along_y;  // by the axis that they change along
};

/// Which edges count.
enum class Which : std::uint8_t { along_y, along_x, all };

Span span_of(PixelRect rect, Point axis) {
  Span span{1e9f, -1e9f};
  for (int k = 0; k < 4; ++k) {
    const Point p{static_cast<float>(k & 1 ? rect.right : rect.left),
                  static_cast<float>(k & 2 ? rect.bottom : rect.top)};
    span = {std::min(span.from, dot(p, axis)), std::max(span.to, dot(p, axis))};
  }
  return span;
}

/// Adds the edges at some columns of a row.
void add_edges(ImageView half, int y, std::span<const std::uint16_t> columns, Point along,
               Edges& edges) {
  const Point across{-along.y, along.x};
  const std::uint8_t* above = half.row(y - 1);
  const std::uint8_t* row = half.row(y);
  const std::uint8_t* below = half.row(y + 1);
  for (const int x : columns) {
    const int dx = row[x + 1] - row[x - 1], dy = below[x] - above[x];
    const int square = std::min(dx * dx + dy * dy, kCap * kCap);
    const Point p{static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f};
    const Point gradient{static_cast<float>(dx), static_cast<float>(dy)};
    const bool is_along_x = std::abs(dot(gradient, along)) > std::abs(dot(gradient, across));
    const Edge edge{static_cast<std::uint16_t>(dot(p, along) - edges.x.from),
                    static_cast<std::uint16_t>(dot(p, across) - edges.y.from),
                    static_cast<std::uint16_t>(std::sqrt(static_cast<float>(square)))};
    // Which way is not to be guessed: both lists take it, one of them keeps it.
    edges.along_x.room[edges.along_x.count] = edge;
    edges.along_y.room[edges.along_y.count] = edge;
    edges.along_x.count += is_along_x;
    edges.along_y.count += !is_along_x;
  }
}

Edges edges_in(ImageView half, PixelRect rect, Point along, float weakest) {
  Edges edges{span_of(rect, along), span_of(rect, {-along.y, along.x}), {}, {}};
  const int left = std::max(rect.left, 1), right = std::min(rect.right, half.width_px - 1);
  const int top = std::max(rect.top, 1), bottom = std::min(rect.bottom, half.height_px - 1);
  if (left >= right || top >= bottom) return edges;
  // Every nth pixel of a row, each row begun one further on: all rows and columns have as many.
  const int step = 1 + (right - left) * (bottom - top) / kMostLooks;
  const auto least = static_cast<int>(weakest * weakest);
  std::vector<std::uint16_t> columns(static_cast<std::size_t>((right - left) / step) + 1);
  const std::size_t most = columns.size() * static_cast<std::size_t>(bottom - top) + 1;
  for (EdgeList* list : {&edges.along_x, &edges.along_y})
    list->room = std::make_unique_for_overwrite<Edge[]>(most);
  for (int y = top; y < bottom; ++y) {
    const SparseRow part{y, left, right, left + y % step, step};
    add_edges(
        half, y,
        {columns.data(), static_cast<std::size_t>(strong_edges(half, part, least, columns.data()))},
        along, edges);
  }
  return edges;
}

/// Sums of edge strengths along an axis, by bins, over edges of a kind whose place on the other
/// axis lies in `window`.
std::vector<int> sums_of(const Edges& edges, Which which, bool of_x, Span window) {
  const Span limits = of_x ? edges.x : edges.y, others = of_x ? edges.y : edges.x;
  std::vector<int> sums(static_cast<std::size_t>(limits.to - limits.from) + 1);
  const auto from = static_cast<int>(std::max(0.0f, window.from - others.from));
  const auto to = static_cast<int>(window.to - others.from);
  if (to < from) return sums;
  const auto length = static_cast<unsigned>(to - from);
  // Whether an edge lies in the window is not to be guessed; and neighbours often have one bin:
  // each adds to sums of its own.
  constexpr std::size_t kApart = 4;
  std::vector<int> apart(kApart * sums.size());
  const auto add = [&](const EdgeList& list, auto place, auto other) {
    for (std::size_t i = 0; i < list.count; ++i) {
      const Edge& e = list.room[i];
      const bool within = static_cast<unsigned>(e.*other - from) <= length;
      apart[kApart * (e.*place) + i % kApart] += within ? e.strength : 0;
    }
  };
  const auto add_either = [&](const EdgeList& list) {
    of_x ? add(list, &Edge::x, &Edge::y) : add(list, &Edge::y, &Edge::x);
  };
  if (which != Which::along_y) add_either(edges.along_x);
  if (which != Which::along_x) add_either(edges.along_y);
  for (std::size_t i = 0; i < sums.size(); ++i)
    for (std::size_t k = 0; k < kApart; ++k) sums[i] += apart[kApart * i + k];
  return sums;
}

/// The stretch around the middle of an axis where the sums of edges stay above a share of the
/// usual, bridging gaps of up to `gap` bins. False when it is too short.
bool extent(const Edges& edges, Which which, bool of_x, Span window, int gap, Span& out) {
  const Span limits = of_x ? edges.x : edges.y;
  const std::vector<int> sums = sums_of(edges, which, of_x, window);
  const auto bins = static_cast<int>(sums.size());
  if (bins < 8) return false;
  std::vector<int> smooth(sums.size());
  for (int i = 0; i < bins; ++i)
    for (int k = std::max(0, i - 2); k <= std::min(bins - 1, i + 2); ++k)
      smooth[static_cast<std::size_t>(i)] += sums[static_cast<std::size_t>(k)];
  std::vector<int> middle(smooth.begin() + bins / 4, smooth.end() - bins / 4);
  std::nth_element(middle.begin(), middle.begin() + static_cast<std::ptrdiff_t>(middle.size() / 2),
                   middle.end());
  const float enough = 0.4f * static_cast<float>(middle[middle.size() / 2]);
  if (enough <= 0) return false;
  const auto reach = [&](int step) {
    int last = bins / 2;
    for (int i = last; i >= 0 && i < bins && std::abs(i - last) <= gap; i += step)
      if (static_cast<float>(smooth[static_cast<std::size_t>(i)]) >= enough) last = i;
    // The smoothing widens by two bins; the true end is where the plain sums last reach up.
    while (last != bins / 2 &&
           static_cast<float>(sums[static_cast<std::size_t>(last)]) < 0.5f * enough / 5)
      last -= step;
    return last;
  };
  out = {limits.from + static_cast<float>(reach(-1)),
         limits.from + static_cast<float>(reach(1)) + 1};
  return out.to - out.from >= 8;
}

Span inner(Span span) {
  const float third = (span.to - span.from) / 4;
  return {span.from + third, span.to - third};
}

constexpr int kGap = 3;      // halved pixels without an edge inside a matrix code
constexpr int kBarGap = 9;   // and across bars: the widest bar or space
constexpr int kMargin = 24;  // halved pixels: the windows stop short of the symbol's ends

/// Halved pixels without an edge along one side of a matrix code whose other side is this: in the
/// few rows of a low symbol there are columns with hardly an edge.
int gap_beside(Span other) {
  constexpr float kEven_px2 = 120;
  return std::clamp(static_cast<int>(kEven_px2 / (other.to - other.from)), kGap, kBarGap);
}

/// How far the texture around the middles of the edges' limits reaches on both axes.
bool reach_of(const Edges& edges, bool bars, Span& x, Span& y) {
  for (int round = 0; round < 2; ++round) {
    const Span before = x;
    if (!extent(edges, Which::all, true, y, bars ? kBarGap : gap_beside(y), x)) return false;
    if (round > 0 && x.from == before.from && x.to == before.to) break;  // so will be y
    if (!extent(edges, Which::all, false, x, bars ? kGap : gap_beside(x), y)) return false;
  }
  return true;
}

/// Lets a low matrix code run on along one axis beyond the rectangle in which it was seen: few of
/// its tiles are filled evenly. `x` is its reach along that axis, `limits` where edges were looked
/// for, `y` its reach across. False when it does not.
bool run_on(Point along, Point across, Span limits, Span x, Span y, PixelRect& rect) {
  constexpr float kLow_px = 44, kAtEnd_px = 3, kFurther_px = 100;
  if (y.to - y.from > kLow_px) return false;
  const bool before = x.from - limits.from < kAtEnd_px;
  const bool after = limits.to - x.to < kAtEnd_px;
  if (!before && !after) return false;
  const float further = std::min(kFurther_px, (x.to - x.from) / 2);
  if (before) x.from -= further;
  if (after) x.to += further;
  Span columns{1e9f, -1e9f}, rows{1e9f, -1e9f};
  for (int k = 0; k < 4; ++k) {
    const Point p = along * (k & 1 ? x.to : x.from) + across * (k & 2 ? y.to : y.from);
    columns = {std::min(columns.from, p.x), std::max(columns.to, p.x)};
    rows = {std::min(rows.from, p.y), std::max(rows.to, p.y)};
  }
  rect = {static_cast<int>(columns.from), static_cast<int>(rows.from), static_cast<int>(columns.to),
          static_cast<int>(rows.to)};
  return true;
}

/// Where the texture of a matrix code, edges both ways, ends. False when it does nowhere.
bool ends_of(const Edges& edges, Span& x, Span& y) {
  constexpr int kOneWayGap = 5;
  const Span inner_x = inner(x), inner_y = inner(y);
  Span tight_x = x, tight_y = y;
  for (const Which which : {Which::along_x, Which::along_y}) {
    Span one_x = x, one_y = y;
    if (!extent(edges, which, true, inner_y, kOneWayGap, one_x) ||
        !extent(edges, which, false, inner_x, kOneWayGap, one_y))
      return false;
    tight_x = {std::max(tight_x.from, one_x.from), std::min(tight_x.to, one_x.to)};
    tight_y = {std::max(tight_y.from, one_y.from), std::min(tight_y.to, one_y.to)};
  }
  x = tight_x, y = tight_y;
  return true;
}

}  // namespace

bool fit_box(ImageView face, ImageView half, PixelRect rect, bool bars, float noise,
             OrientedBox& box, std::optional<OrientedBox>& tight) {
  constexpr float kTighter = 3.0f, kShortest = 8;
  constexpr int kMostRuns = 8;
  Point along;
  if (!find_direction(face, rect, bars, noise, along)) return false;
  const Point across{-along.y, along.x};
  const float weakest = std::max(kWeakest, kOverNoise * noise);
  Span x = inner(span_of(rect, along)), y = inner(span_of(rect, across));
  Edges edges;
  for (int run = 0;; ++run) {
    const PixelRect wide{rect.left - kMargin, rect.top - kMargin, rect.right + kMargin,
                         rect.bottom + kMargin};
    edges = edges_in(half, wide, along, weakest);
    if (!reach_of(edges, bars, x, y)) return false;
    if (bars || run == kMostRuns) break;
    if (!run_on(along, across, edges.x, x, y, rect) && !run_on(across, along, edges.y, y, x, rect))
      break;
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
  Span tight_x = x, tight_y = y;
  if (bars || !ends_of(edges, tight_x, tight_y)) return true;
  const float cut = std::max(
      {tight_x.from - x.from, x.to - tight_x.to, tight_y.from - y.from, y.to - tight_y.to});
  if (cut > kTighter && tight_x.to - tight_x.from > kShortest &&
      tight_y.to - tight_y.from > kShortest)
    tight = make(tight_x, tight_y);
  return true;
}

}  // namespace backstamp::vision
