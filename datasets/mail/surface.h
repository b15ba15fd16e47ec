// The face of a mailpiece as it is built up: how much light each place sends back, 0 to 255.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "datasets/random.h"
#include "datasets/synthesizer/plane.h"
#include "meter/drawing.h"

namespace backstamp::datasets {

/// A piece of paper. All places are in millimetres from its top-left corner.
struct Surface {
  Plane light;
  double px_per_mm = 8;

  double width_mm() const { return light.width_px / px_per_mm; }
  double height_mm() const { return light.height_px / px_per_mm; }
};

/// A rectangle that may be turned (clockwise) about its top-left corner; it has its own
/// millimetres (u to the right, v down).
struct FrameMm {
  meter::PointMm top_left;
  double width_mm = 0;
  double height_mm = 0;
  double turn_deg = 0;
};

/// A polyline in millimetres, drawn with a round pen.
struct PenLine {
  std::vector<meter::PointMm> points;
  double width_mm = 0.5;
};

/// `value` with ink on it: `cover` 0 to 255, `reflect` 0 to 255 what full ink sends back.
inline std::uint8_t inked(std::uint8_t value, int cover, int reflect) {
  return static_cast<std::uint8_t>(value * (65025 - cover * (255 - reflect)) / 65025);
}

/// Calls apply(value, u_mm, v_mm) for every pixel whose centre lies at most `margin_mm` outside of
/// the frame.
template <typename Apply>
void over_frame(Surface& surface, const FrameMm& frame, double margin_mm, Apply apply) {
  const double turn = frame.turn_deg * std::numbers::pi / 180;
  const double cosine = std::cos(turn);
  const double sine = std::sin(turn);
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
  for (int corner = 0; corner < 4; ++corner) {
    const double u = corner & 1 ? frame.width_mm + margin_mm : -margin_mm;
    const double v = corner & 2 ? frame.height_mm + margin_mm : -margin_mm;
    const double x = frame.top_left.x_mm + u * cosine - v * sine;
    const double y = frame.top_left.y_mm + u * sine + v * cosine;
    left = x < left ? x : left;
    right = x > right ? x : right;
    top = y < top ? y : top;
    bottom = y > bottom ? y : bottom;
  }
  const double scale = surface.px_per_mm;
  const auto px = [scale](double mm, int limit) {
    const double value = mm * scale;
    return value < 0 ? 0 : value > limit ? limit : static_cast<int>(value);
  };
  const int x_end = px(right + 1 / scale, surface.light.width_px);
  const int y_end = px(bottom + 1 / scale, surface.light.height_px);
  const int x_begin = px(left, surface.light.width_px);
  for (int y = px(top, surface.light.height_px); y < y_end; ++y) {
    std::uint8_t* const row = surface.light.row(y);
    const double dy = (y + 0.5) / scale - frame.top_left.y_mm;
    for (int x = x_begin; x < x_end; ++x) {
      const double dx = (x + 0.5) / scale - frame.top_left.x_mm;
      const double u = dx * cosine + dy * sine;
      const double v = dy * cosine - dx * sine;
      if (u < -margin_mm || v < -margin_mm || u > frame.width_mm + margin_mm ||
          v > frame.height_mm + margin_mm) {
        continue;
      }
      apply(row[x], u, v);
    }
  }
}

/// Ink of the lines, each place once, however often they cross; `grain` (0..1) makes it uneven.
void draw_pen(Surface& surface, const std::vector<PenLine>& lines, double ink, double grain,
              Random& random);

/// Lines of type. `ink` is what the ink sends back, 0..1; `turn_deg` clockwise about top_left.
Result<void> draw_type(Surface& surface, const meter::TextPlan& text, double ink,
                       double turn_deg = 0);
/// How wide draw_type makes the longest of the lines, roughly and rather too much.
double type_width_mm(const std::vector<std::string>& lines, double size_mm);

}  // namespace backstamp::datasets
