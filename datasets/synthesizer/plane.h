// Pictures in the making, and strokes of ink on them.
#pragma once

#include <cstdint>
#include <vector>

#include "meter/drawing.h"

namespace backstamp::datasets {

/// An 8-bit plane, rows packed.
struct Plane {
  int width_px = 0;
  int height_px = 0;
  std::vector<std::uint8_t> values;

  Plane() = default;
  Plane(int width, int height, std::uint8_t value)
      : width_px(width),
        height_px(height),
        values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), value) {}
  std::uint8_t* row(int y) { return values.data() + static_cast<std::ptrdiff_t>(y) * width_px; }
  const std::uint8_t* row(int y) const {
    return values.data() + static_cast<std::ptrdiff_t>(y) * width_px;
  }
};

/// A straight stroke with round ends.
struct Stroke {
  meter::PointMm from;
  meter::PointMm to;
  double width_mm = 0.3;
};

struct RectMm {
  double left_mm = 0;
  double top_mm = 0;
  double right_mm = 0;
  double bottom_mm = 0;
};

/// Puts ink (0 none, 255 full) where the stroke lies; edges are smooth.
void draw_stroke(Plane& ink, const Stroke& stroke, double px_per_mm);

/// Takes `strength` (0..1) of the ink away where the stroke lies, in an uneven way.
void scrape_stroke(Plane& ink, const Stroke& stroke, double px_per_mm, double strength);

}  // namespace backstamp::datasets
