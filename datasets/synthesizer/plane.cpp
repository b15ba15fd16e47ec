#include "datasets/synthesizer/plane.h"

#include <algorithm>
#include <cmath>

namespace backstamp::datasets {
namespace {

/// Calls apply(value, coverage 0..255) for every pixel near the stroke.
template <typename Apply>
void over_stroke(Plane& plane, const Stroke& stroke, double px_per_mm, Apply apply) {
  const double x0 = stroke.from.x_mm * px_per_mm;
  const double y0 = stroke.from.y_mm * px_per_mm;
  const double dx = stroke.to.x_mm * px_per_mm - x0;
  const double dy = stroke.to.y_mm * px_per_mm - y0;
  const double radius = stroke.width_mm * px_per_mm / 2;
  const double length2 = std::max(dx * dx + dy * dy, 1e-9);
  const auto bound = [](double value, int limit) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(limit)));
  };
  const int left = bound(std::min(x0, x0 + dx) - radius - 1, plane.width_px);
  const int right = bound(std::max(x0, x0 + dx) + radius + 2, plane.width_px);
  const int top = bound(std::min(y0, y0 + dy) - radius - 1, plane.height_px);
  const int bottom = bound(std::max(y0, y0 + dy) + radius + 2, plane.height_px);
  for (int y = top; y < bottom; ++y) {
    std::uint8_t* const row = plane.row(y);
    for (int x = left; x < right; ++x) {
      const double px = x + 0.5 - x0;
      const double py = y + 0.5 - y0;
      const double t = std::clamp((px * dx + py * dy) / length2, 0.0, 1.0);
      const double ex = px - t * dx;
      const double ey = py - t * dy;
      const double inside = radius + 0.5 - std::sqrt(ex * ex + ey * ey);
      if (inside <= 0) continue;
      apply(row[x], static_cast<int>(std::min(inside, 1.0) * 255 + 0.5), x, y);
    }
  }
}

}  // namespace

void draw_stroke(Plane& ink, const Stroke& stroke, double px_per_mm) {
  over_stroke(ink, stroke, px_per_mm, [](std::uint8_t& value, int coverage, int, int) {
    value = std::max(value, static_cast<std::uint8_t>(coverage));
  });
}

void scrape_stroke(Plane& ink, const Stroke& stroke, double px_per_mm, double strength) {
  const int strength256 = static_cast<int>(strength * 256);
  over_stroke(ink, stroke, px_per_mm, [&](std::uint8_t& value, int coverage, int x, int y) {
    // A cheap uneven pattern: worn ink stays in the paper's valleys.
    const int uneven = ((x * 7 + y * 3) ^ (x * y >> 3)) & 63;
    const int taken = std::min(256, strength256 * (224 + uneven) >> 8) * coverage >> 8;
    value = static_cast<std::uint8_t>(value * (256 - taken) >> 8);
  });
}

}  // namespace backstamp::datasets
