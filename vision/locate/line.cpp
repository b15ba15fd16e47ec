#include "vision/locate/line.h"

#include <cmath>
#include <cstdint>

#include "vision/locate/geometry.h"

namespace backstamp::vision {

void sample_line(ImageView face, Point from, Point step, std::span<float> out) {
  const Point to = from + step * static_cast<float>(out.size() - 1);
  const auto inside = [&](Point p) {
    return p.x >= 1 && p.y >= 1 && p.x < static_cast<float>(face.width_px - 1) &&
           p.y < static_cast<float>(face.height_px - 1);
  };
  if (!inside(from) || !inside(to)) {
    for (float& value : out) {
      value = brightness(face, from);
      from = from + step;
    }
    return;
  }
  constexpr float kOne = 65536;
  constexpr float kScale = 1.0f / 65536;
  auto x = static_cast<std::int32_t>(std::lround((from.x - 0.5f) * kOne));
  auto y = static_cast<std::int32_t>(std::lround((from.y - 0.5f) * kOne));
  const auto dx = static_cast<std::int32_t>(std::lround(step.x * kOne));
  const auto dy = static_cast<std::int32_t>(std::lround(step.y * kOne));
  for (float& value : out) {
    const std::uint8_t* p = face.pixels + (y >> 16) * face.stride_bytes + (x >> 16);
    const std::uint8_t* q = p + face.stride_bytes;
    const int fx = (x >> 8) & 255, fy = (y >> 8) & 255;
    const int top = (p[0] << 8) + fx * (p[1] - p[0]);
    const int bottom = (q[0] << 8) + fx * (q[1] - q[0]);
    value = kScale * static_cast<float>((top << 8) + fy * (bottom - top));
    x += dx;
    y += dy;
  }
}

}  // namespace backstamp::vision
