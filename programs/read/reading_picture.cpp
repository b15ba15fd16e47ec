#include "programs/read/reading_picture.h"

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "vision/decode_pool.h"

namespace backstamp::programs {
namespace {

/// Beside the corner of the outline that is nearest to the picture's top left, within the picture.
void number_outline(Canvas& canvas, const vision::Quad& outline, int number) {
  constexpr int kSide_px = 44, kScale = 6;
  const auto place = [](float wanted, int limit) {
    if (!std::isfinite(wanted)) return 0;
    const auto most = static_cast<float>(std::max(limit - kSide_px, 0));
    return static_cast<int>(std::clamp(wanted, 0.0f, most));
  };
  const auto first = std::min_element(
      outline.begin(), outline.end(),
      [](const vision::Point& a, const vision::Point& b) { return a.x + a.y < b.x + b.y; });
  canvas.number(place(first->x - kSide_px, canvas.width_px()),
                place(first->y - kSide_px, canvas.height_px()), number, kScale);
}

}  // namespace

std::filesystem::path reading_picture_path(const std::filesystem::path& folder,
                                           const std::string& name) {
  return folder / (std::filesystem::path(name).filename().stem().string() + ".reads.png");
}

Canvas picture_of(vision::ImageView face, const vision::FaceReading& reading) {
  Canvas canvas(face);
  for (const vision::Candidate& candidate : reading.unread)
    canvas.outline(candidate.outline, {.thickness_px = 3, .dash_px = 9});
  for (const vision::Reading& one : reading.readings)
    canvas.outline(one.outline, {.thickness_px = 5});
  int number = 0;
  for (const vision::Reading& one : reading.readings) number_outline(canvas, one.outline, ++number);
  for (const vision::Candidate& candidate : reading.unread)
    number_outline(canvas, candidate.outline, ++number);
  return canvas;
}

Result<void> draw_reading(vision::ImageView face, const vision::FaceReading& reading,
                          const std::filesystem::path& file) {
  const Canvas canvas = picture_of(face, reading);
  const auto png = vision::pack_png(canvas.view());
  if (!png) return std::unexpected(png.error());
  return write_file_durably(file, *png);
}

}  // namespace backstamp::programs
