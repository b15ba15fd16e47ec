#include "station/evidence/redact.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace backstamp::station {
namespace {

constexpr double kUsualPxPerMm = 8;
constexpr double kCell_mm = 2;          // of the layout
constexpr double kPaperCell_mm = 8;     // light falls off slowly, and no letter is as large
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

/// One value for each cell of the face.
struct Field {
  int cell_px = 1;
  int across = 0;
  int down = 0;
  std::vector<int> values{};

  Field(vision::ImageView face, int cell)
      : cell_px(cell),
        across((face.width_px + cell - 1) / cell),
        down((face.height_px + cell - 1) / cell),
        values(static_cast<std::size_t>(across) * static_cast<std::size_t>(down)) {}
  const int* row(int y) const { return values.data() + std::ptrdiff_t{y} * across; }
};

/// Calls `value_of` with each cell's part of the face.
template <typename ValueOf>
Field make_field(vision::ImageView face, int cell_px, ValueOf value_of) {
  Field field(face, cell_px);
  std::size_t at = 0;
  for (int y = 0; y < face.height_px; y += cell_px) {
    for (int x = 0; x < face.width_px; x += cell_px) {
      field.values[at++] = value_of(face.part(x, y, std::min(cell_px, face.width_px - x),
                                              std::min(cell_px, face.height_px - y)));
    }
  }
  return field;
}

int mean_of(vision::ImageView part) {
  std::int64_t sum = 0;
  for (int y = 0; y < part.height_px; ++y) {
    sum = std::accumulate(part.row(y), part.row(y) + part.width_px, sum);
  }
  return static_cast<int>(sum / (std::int64_t{part.width_px} * part.height_px));
}

/// A field blended from the centre of each cell to those of its neighbours, row by row.
class Blended {
 public:
  Blended(const Field& field, int width_px)
      : field_(field),
        line_(static_cast<std::size_t>(field.across)),
        pixels_(static_cast<std::size_t>(width_px)) {}

  /// The greys of row `y`.
  const std::vector<std::uint8_t>& row(int y) {
    const auto [first, second, weight] = between(y, field_.down);
    for (int i = 0; i < field_.across; ++i) {
      line_[static_cast<std::size_t>(i)] =
          field_.row(first)[i] * (256 - weight) + field_.row(second)[i] * weight;
    }
    // From one cell's centre to the next, and before the first and behind the last.
    const int cell = field_.cell_px;
    const int width = static_cast<int>(pixels_.size());
    for (int from = -cell / 2; from < width; from += cell) {
      const int column = (from + cell / 2) / cell;
      const int left =
          line_[static_cast<std::size_t>(std::clamp(column - 1, 0, field_.across - 1))];
      const int right = line_[static_cast<std::size_t>(std::clamp(column, 0, field_.across - 1))];
      const int step = (right - left) / cell;
      const int end = std::min(width, from + cell);
      int value = left + step / 2 + step * (std::max(0, from) - from);
      for (int x = std::max(0, from); x < end; ++x, value += step) {
        pixels_[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(value >> 8);
      }
    }
    return pixels_;
  }

 private:
  struct Between {
    int first = 0;
    int second = 0;
    int weight = 0;  // of the second, of 256
  };
  Between between(int at, int cells) const {
    const double place = (at + 0.5) / field_.cell_px - 0.5;
    const int first = static_cast<int>(std::floor(place));
    return {std::clamp(first, 0, cells - 1), std::clamp(first + 1, 0, cells - 1),
            static_cast<int>((place - first) * 256)};
  }

  const Field& field_;
  std::vector<int> line_;  // of cells, × 256
  std::vector<std::uint8_t> pixels_;
};

void paper_over(vision::Frame& frame, const std::vector<Region>& regions, int cell_px) {
  const Field paper = make_field(frame.view(), cell_px, paper_grey);
  Blended blended(paper, frame.width_px());
  std::vector<Span> spans;
  for (int y = 0; y < frame.height_px(); ++y) {
    spans.clear();
    for (const Region& region : regions) {
      const Span span = on_row(region, y, frame.width_px());
      if (span.from < span.to) spans.push_back(span);
    }
    std::ranges::sort(spans, {}, &Span::from);
    spans.push_back({frame.width_px(), frame.width_px()});
    const std::vector<std::uint8_t>& row = blended.row(y);
    int at = 0;
    for (const Span& span : spans) {
      if (span.from > at) std::copy(row.begin() + at, row.begin() + span.from, frame.row(y) + at);
      at = std::max(at, span.to);
    }
  }
}

void blur_to_layout(vision::Frame& frame, int cell_px) {
  const Field means = make_field(frame.view(), cell_px, mean_of);
  Blended blended(means, frame.width_px());
  for (int y = 0; y < frame.height_px(); ++y) {
    std::ranges::copy(blended.row(y), frame.row(y));
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
  for (int y = 0; y < face.height_px; y += 2) {
    for (int x = 0; x < face.width_px; x += 2) ++counts[face.row(y)[x]];
  }
  // Of all spans of so many greys (a sensor's noise both ways), the one that has most pixels; and
  // its mean.
  constexpr std::size_t kSpan = 32;
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

Shown redact(vision::Frame& frame, const vision::FaceReading& reading, double px_per_mm,
             double margin_mm) {
  if (frame.empty()) return Shown::codes;
  const double scale = scale_of(px_per_mm);
  const auto cells = [&](double size_mm) {
    return std::max(8, static_cast<int>(std::lround(size_mm * scale / 2)) * 2);
  };
  const auto regions = regions_of(frame.view(), reading, margin_mm * scale);
  if (!regions.empty()) {
    paper_over(frame, regions, cells(kPaperCell_mm));
    return Shown::codes;
  }
  blur_to_layout(frame, cells(kCell_mm));
  return Shown::layout;
}

}  // namespace backstamp::station
