#include "vision/ladder/contrast.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace backstamp::vision {

float contrast_within(ImageView face, const Quad& outline) {
  constexpr std::size_t kSteps = 24, kPlaces = kSteps * kSteps;
  if (face.empty()) return 0;
  const auto pixel = [](float at, int size) {
    return static_cast<int>(std::clamp(at, 0.0f, static_cast<float>(size - 1)));
  };
  const auto between = [](Point a, Point b, float t) {
    return Point{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
  };
  std::array<std::uint8_t, kPlaces> levels{};
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const float s = (static_cast<float>(i % kSteps) + 0.5f) / kSteps;
    const float t = (static_cast<float>(i / kSteps) + 0.5f) / kSteps;
    const Point at =
        between(between(outline[0], outline[1], s), between(outline[3], outline[2], s), t);
    if (!std::isfinite(at.x) || !std::isfinite(at.y)) return 0;
    levels[i] = face.row(pixel(at.y, face.height_px))[pixel(at.x, face.width_px)];
  }
  std::sort(levels.begin(), levels.end());
  return static_cast<float>(levels[kPlaces * 9 / 10] - levels[kPlaces / 10]) / 255;
}

}  // namespace backstamp::vision
