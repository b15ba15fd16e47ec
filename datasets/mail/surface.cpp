#include "datasets/mail/surface.h"

#include <algorithm>

#include "datasets/synthesizer/noise.h"

namespace backstamp::datasets {
namespace {

constexpr double kLetterWidth = 0.64;  // of the size, generous

struct BoundsMm {
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
};

BoundsMm bounds_of(const std::vector<PenLine>& lines) {
  BoundsMm bounds;
  for (const PenLine& line : lines) {
    for (const meter::PointMm& point : line.points) {
      bounds.left = std::min(bounds.left, point.x_mm - line.width_mm);
      bounds.right = std::max(bounds.right, point.x_mm + line.width_mm);
      bounds.top = std::min(bounds.top, point.y_mm - line.width_mm);
      bounds.bottom = std::max(bounds.bottom, point.y_mm + line.width_mm);
    }
  }
  return bounds;
}

int bilinear(const Plane& plane, double x, double y) {
  const int left = static_cast<int>(std::floor(x));
  const int top = static_cast<int>(std::floor(y));
  if (left < 0 || top < 0 || left + 1 >= plane.width_px || top + 1 >= plane.height_px) return 0;
  const int fx = static_cast<int>((x - left) * 256);
  const int fy = static_cast<int>((y - top) * 256);
  const std::uint8_t* const upper = plane.row(top) + left;
  const std::uint8_t* const lower = upper + plane.width_px;
  const int above = upper[0] * (256 - fx) + upper[1] * fx;
  const int below = lower[0] * (256 - fx) + lower[1] * fx;
  return (above * (256 - fy) + below * fy) >> 16;
}

}  // namespace

void draw_pen(Surface& surface, const std::vector<PenLine>& lines, double ink, double grain,
              Random& random) {
  const BoundsMm bounds = bounds_of(lines);
  const double scale = surface.px_per_mm;
  const int left = std::max(0, static_cast<int>(bounds.left * scale) - 1);
  const int top = std::max(0, static_cast<int>(bounds.top * scale) - 1);
  const int right = std::min(surface.light.width_px, static_cast<int>(bounds.right * scale) + 2);
  const int bottom = std::min(surface.light.height_px, static_cast<int>(bounds.bottom * scale) + 2);
  if (right <= left || bottom <= top) return;
  Plane cover(right - left, bottom - top, 0);
  const auto moved = [&](meter::PointMm point) {
    return meter::PointMm{point.x_mm - left / scale, point.y_mm - top / scale};
  };
  for (const PenLine& line : lines) {
    for (std::size_t i = 1; i < line.points.size(); ++i) {
      draw_stroke(cover, {moved(line.points[i - 1]), moved(line.points[i]), line.width_mm}, scale);
    }
  }
  const NoiseTables& noise = noise_tables();
  const int begin = random.integer(0, kTileMask);
  const int reflect = static_cast<int>(ink * 255);
  const int uneven = static_cast<int>(grain * 256);
  for (int y = 0; y < cover.height_px; ++y) {
    std::uint8_t* const to = surface.light.row(top + y) + left;
    const std::int16_t* const grains =
        &noise.fibre[static_cast<std::size_t>(((y + begin) & kTileMask) * kTileSide)];
    for (int x = 0; x < cover.width_px; ++x) {
      const int drawn = cover.row(y)[x];
      if (drawn == 0) continue;
      const int kept =
          256 - std::clamp((grains[(x + begin) & kTileMask] + 40) * uneven >> 6, 0, 256);
      to[x] = inked(to[x], drawn * kept >> 8, reflect);
    }
  }
}

double type_width_mm(const std::vector<std::string>& lines, double size_mm) {
  std::size_t letters = 0;
  for (const std::string& line : lines) letters = std::max(letters, line.size());
  return static_cast<double>(letters) * size_mm * kLetterWidth;
}

Result<void> draw_type(Surface& surface, const meter::TextPlan& text, double ink, double turn_deg) {
  meter::FacePlan page;
  page.width_mm = std::max(1.0, type_width_mm(text.lines, text.size_mm) * 1.15 + 1);
  page.height_mm =
      std::max(1.0, static_cast<double>(text.lines.size()) * text.spacing_mm + text.size_mm);
  page.texts.push_back(text);
  page.texts.back().top_left = {0.25, 0.25};
  const auto drawn = meter::draw_face(page, surface.px_per_mm);
  if (!drawn) return std::unexpected(drawn.error());
  Plane cover(drawn->raster.width_px, drawn->raster.height_px, 0);
  for (std::size_t i = 0; i < cover.values.size(); ++i) {
    cover.values[i] = static_cast<std::uint8_t>(255 - drawn->raster.pixels[i]);
  }
  const int reflect = static_cast<int>(ink * 255);
  const FrameMm frame{text.top_left, page.width_mm - 0.5, page.height_mm - 0.5, turn_deg};
  over_frame(surface, frame, 0, [&](std::uint8_t& value, double u, double v) {
    const double scale = surface.px_per_mm;
    const int covered = bilinear(cover, (u + 0.25) * scale - 0.5, (v + 0.25) * scale - 0.5);
    if (covered > 0) value = inked(value, covered, reflect);
  });
  return {};
}

}  // namespace backstamp::datasets
