#include "vision/stacked/sampling.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace backstamp::vision::stacked {
namespace {

constexpr int kFraction = 16;  // bits
constexpr float kOne = 1 << kFraction;
constexpr int kWeight = 8;  // bits of an interpolation weight

bool well_inside(ImageView face, Point p) {
  return p.x >= 2 && p.y >= 2 && p.x < static_cast<float>(face.width_px - 2) &&
         p.y < static_cast<float>(face.height_px - 2);
}

}  // namespace

void add_samples(ImageView face, Point a, Point b, std::span<float> out) {
  const Point step = (b - a) * (1 / static_cast<float>(out.size()));
  Point at = a + step * 0.5f;
  if (!well_inside(face, a) || !well_inside(face, b)) {
    for (float& value : out) {
      value += brightness(face, at);
      at = at + step;
    }
    return;
  }
  // Fixed point. The rounding error of the steps adds up to less than a fifteenth of a pixel over
  // 4,000 of them, and the picture's edge is two pixels away.
  const bool along_x = std::abs(step.x) >= std::abs(step.y);
  const float half = along_x ? 0.0f : 0.5f;
  auto x = static_cast<std::int64_t>((at.x - 0.5f + half) * kOne);
  auto y = static_cast<std::int64_t>((at.y - half) * kOne);
  const auto dx = static_cast<std::int64_t>(std::lround(step.x * kOne));
  const auto dy = static_cast<std::int64_t>(std::lround(step.y * kOne));
  const std::ptrdiff_t next = along_x ? 1 : face.stride_bytes;
  constexpr float kScale = 1.0f / (1 << kWeight);
  for (float& value : out) {
    const std::uint8_t* p = face.pixels + (y >> kFraction) * face.stride_bytes + (x >> kFraction);
    const auto weight = static_cast<int>((along_x ? x : y) >> (kFraction - kWeight) & 255);
    value += static_cast<float>((p[0] << kWeight) + weight * (p[next] - p[0])) * kScale;
    x += dx;
    y += dy;
  }
}

}  // namespace backstamp::vision::stacked
