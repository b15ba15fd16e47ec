#include "station/evidence/redact.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace backstamp::station {
namespace {

constexpr double kUsualPxPerMm = 8;
constexpr double kMargin_mm = 2.5;  // of 20 pixels at 8 to the millimetre
constexpr double kCell_mm = 2;
constexpr double kLargestPlace = 0.5;   // of the face
constexpr std::size_t kOutlines = 256;  // looked at

double scale_of(double px_per_mm) {
  return px_per_mm >= 1 && px_per_mm <= 100 ? px_per_mm : kUsualPxPerMm;
}

/// What lies on the inner side of a line a·x + b·y ≤ c (a and b of length 1).
struct HalfPlane {
  double a = 0;
  double b = 0;
  double c = 0;
};

/// A convex region: within a box, and on the inner side of up to four lines.
struct Region {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;
  std::array<HalfPlane, 4> sides{};
  std::size_t side_count = 0;
};

double area_of(const vision::Quad& quad) {
  double twice = 0;
  for (std::size_t i = 0; i < quad.size(); ++i) {
    const auto& p = quad[i];
    const auto& q = quad[(i + 1) % quad.size()];
    twice += double{p.x} * double{q.y} - double{q.x} * double{p.y};
  }
  return twice / 2;
}

bool is_finite(const vision::Quad& quad) {
  return std::ranges::all_of(quad, [](const vision::Point& point) {
    constexpr float kFar_px = 1e6F;
    return std::abs(point.x) < kFar_px && std::abs(point.y) < kFar_px;  // false for NaN
  });
}

/// Is each corner on the same side of each edge? Only then do the edges bound the region.
bool is_convex(const vision::Quad& quad, double sign) {
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& p = quad[i];
    const auto& q = quad[(i + 1) % 4];
    const auto& r = quad[(i + 2) % 4];
    const double turn =
        double{q.x - p.x} * double{r.y - q.y} - double{q.y - p.y} * double{r.x - q.x};
    if (turn * sign <= 0) return false;
  }
  return true;
}

/// The outline and `margin` pixels around it; of a quad that is no proper one, its box.
Region around(const vision::Quad& quad, double margin) {
  const auto [left, right] = std::minmax_element(
      quad.begin(), quad.end(), [](const auto& p, const auto& q) { return p.x < q.x; });
  const auto [top, bottom] = std::minmax_element(
      quad.begin(), quad.end(), [](const auto& p, const auto& q) { return p.y < q.y; });
  Region region{left->x - margin, right->x + margin, top->y - margin, bottom->y + margin, {}, 0};
  const double area = area_of(quad);
  const double sign = area < 0 ? -1 : 1;
  if (std::abs(area) < 1 || !is_convex(quad, sign)) return region;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& p = quad[i];
    const auto& q = quad[(i + 1) % 4];
    const double dx = double{q.x} - double{p.x};
    const double dy = double{q.y} - double{p.y};
    const double length = std::hypot(dx, dy);
    if (length < 1e-3) continue;
    HalfPlane side{sign * dy / length, -sign * dx / length, 0};
    side.c = side.a * double{p.x} + side.b * double{p.y} + margin;
    region.sides[region.side_count++] = side;
  }
  return region;
}

struct Span {
  int from = 0;
  int to = 0;  // exclusive
};

/// The pixels of row `y` whose centres lie in the region; none when from ≥ to.
Span on_row(const Region& region, int y, int width) {
  const double centre = y + 0.5;
  if (centre < region.top || centre > region.bottom) return {};
  double left = region.left;
  double right = region.right;
  for (std::size_t i = 0; i < region.side_count; ++i) {
    const HalfPlane& side = region.sides[i];
    const double room = side.c - side.b * centre;
    if (std::abs(side.a) < 1e-9) {
      if (room < 0) return {};
    } else if (side.a > 0) {
      right = std::min(right, room / side.a);
    } else {
      left = std::max(left, room / side.a);
    }
  }
  const auto pixel = [&](double x) {
    return static_cast<int>(std::ceil(std::clamp(x - 0.5, 0.0, double(width))));
  };
  return {pixel(left), pixel(right)};
}

std::vector<Region> regions_of(vision::ImageView face, const vision::FaceReading& reading,
                               double margin) {
  std::vector<Region> regions;
  const auto add = [&](const vision::Quad& outline, double most) {
    if (regions.size() == kOutlines || !is_finite(outline)) return;
    const Region region = around(outline, margin);
    const double area = region.side_count > 0
                            ? std::abs(area_of(outline))
                            : (region.right - region.left) * (region.bottom - region.top);
    if (area <= most) regions.push_back(region);
  };
  const double face_area = double(face.width_px) * face.height_px;
  for (const vision::Reading& read : reading.readings) add(read.outline, face_area);
  for (const vision::Candidate& place : reading.unread) {
    add(place.outline, kLargestPlace * face_area);
  }
  if (!regions.empty() && reading.facing_mark)
    add(reading.facing_mark->outline, kLargestPlace * face_area);
  std::erase_if(regions, [&](const Region& region) {
    return region.right <= 0 || region.bottom <= 0 || region.left >= face.width_px ||
           region.top >= face.height_px;
  });
  return regions;
}

void grey_out(vision::Frame& frame, const std::vector<Region>& regions, std::uint8_t grey) {
  std::vector<Span> spans;
  for (int y = 0; y < frame.height_px(); ++y) {
    spans.clear();
    for (const Region& region : regions) {
      const Span span = on_row(region, y, frame.width_px());
      if (span.from < span.to) spans.push_back(span);
    }
    std::ranges::sort(spans, {}, &Span::from);
    std::uint8_t* const row = frame.row(y);
    int at = 0;
    for (const Span& span : spans) {
      if (span.from > at) std::fill(row + at, row + span.from, grey);
      at = std::max(at, span.to);
    }
    std::fill(row + at, row + frame.width_px(), grey);
  }
}

/// Between which two cells a pixel lies, and how near to the second (of 256).
struct Blend {
  int first = 0;
  int second = 0;
  int weight = 0;
};

std::vector<Blend> blends(int size_px, int cell_px, int cells) {
  std::vector<Blend> all(static_cast<std::size_t>(size_px));
  for (int i = 0; i < size_px; ++i) {
    const double at = (i + 0.5) / cell_px - 0.5;
    const int first = static_cast<int>(std::floor(at));
    all[static_cast<std::size_t>(i)] = {std::clamp(first, 0, cells - 1),
                                        std::clamp(first + 1, 0, cells - 1),
                                        static_cast<int>((at - first) * 256)};
  }
  return all;
}

void blur_to_layout(vision::Frame& frame, int cell_px) {
  const int width = frame.width_px();
  const int height = frame.height_px();
  const int across = (width + cell_px - 1) / cell_px;
  const int down = (height + cell_px - 1) / cell_px;
  std::vector<int> means(static_cast<std::size_t>(across) * static_cast<std::size_t>(down));
  const auto mean_at = [&](int row, int column) -> int& {
    return means[static_cast<std::size_t>(row) * static_cast<std::size_t>(across) +
                 static_cast<std::size_t>(column)];
  };
  for (int row = 0; row < down; ++row) {
    const int y_end = std::min(height, (row + 1) * cell_px);
    for (int column = 0; column < across; ++column) {
      const int x_end = std::min(width, (column + 1) * cell_px);
      std::int64_t sum = 0;
      for (int y = row * cell_px; y < y_end; ++y) {
        sum = std::accumulate(frame.row(y) + column * cell_px, frame.row(y) + x_end, sum);
      }
      const std::int64_t pixels =
          std::int64_t{y_end - row * cell_px} * std::int64_t{x_end - column * cell_px};
      mean_at(row, column) = static_cast<int>(sum / pixels);
    }
  }
  const auto xs = blends(width, cell_px, across);
  const auto ys = blends(height, cell_px, down);
  std::vector<int> line(static_cast<std::size_t>(across));  // of cells, blended for one row, × 256
  for (int y = 0; y < height; ++y) {
    const Blend& v = ys[static_cast<std::size_t>(y)];
    for (int column = 0; column < across; ++column) {
      line[static_cast<std::size_t>(column)] =
          mean_at(v.first, column) * (256 - v.weight) + mean_at(v.second, column) * v.weight;
    }
    std::uint8_t* const row = frame.row(y);
    for (int x = 0; x < width; ++x) {
      const Blend& h = xs[static_cast<std::size_t>(x)];
      row[x] =
          static_cast<std::uint8_t>((line[static_cast<std::size_t>(h.first)] * (256 - h.weight) +
                                     line[static_cast<std::size_t>(h.second)] * h.weight) >>
                                    16);
    }
  }
}

}  // namespace

std::string_view to_string(Shown shown) {
  switch (shown) {
    case Shown::whole:
      return "whole";
    case Shown::codes:
      return "codes";
    case Shown::layout:
      return "layout";
  }
  return "unknown";
}

std::uint8_t paper_grey(vision::ImageView face) {
  std::array<std::uint32_t, 256> counts{};
  for (int y = 0; y < face.height_px; y += 4) {
    for (int x = 0; x < face.width_px; x += 4) ++counts[face.row(y)[x]];
  }
  // Of all spans of sixteen greys, the one that has most pixels; and its mean.
  constexpr std::size_t kSpan = 16;
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t from = 0; from + kSpan <= counts.size(); ++from) {
    std::uint64_t sum = 0;
    for (std::size_t grey = from; grey < from + kSpan; ++grey) sum += counts[grey];
    if (sum > most) {
      most = sum;
      best = from;
    }
  }
  std::uint64_t weighted = 0;
  for (std::size_t grey = best; grey < best + kSpan; ++grey) weighted += counts[grey] * grey;
  return static_cast<std::uint8_t>(most == 0 ? 0 : (weighted + most / 2) / most);
}

Shown redact(vision::Frame& frame, const vision::FaceReading& reading, double px_per_mm) {
  if (frame.empty()) return Shown::codes;
  const double scale = scale_of(px_per_mm);
  const auto regions = regions_of(frame.view(), reading, kMargin_mm * scale);
  if (!regions.empty()) {
    grey_out(frame, regions, paper_grey(frame.view()));
    return Shown::codes;
  }
  blur_to_layout(frame, std::max(8, static_cast<int>(std::lround(kCell_mm * scale))));
  return Shown::layout;
}

}  // namespace backstamp::station
