#include "programs/read/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

namespace backstamp::programs {
namespace {

using vision::Point;

// Digits of 3 × 5 dots, row by row from the top, the left dot the highest bit.
constexpr std::array<std::array<std::uint8_t, 5>, 10> kDigits{{{7, 5, 5, 5, 7},
                                                               {2, 6, 2, 2, 7},
                                                               {7, 1, 7, 4, 7},
                                                               {7, 1, 7, 1, 7},
                                                               {5, 5, 7, 1, 1},
                                                               {7, 4, 7, 1, 7},
                                                               {7, 4, 7, 5, 7},
                                                               {7, 1, 1, 2, 2},
                                                               {7, 5, 7, 5, 7},
                                                               {7, 5, 7, 1, 7}}};

/// A place that no outline should lie beyond; what is none at all becomes 0.
float sane(float coordinate) {
  constexpr float kFarthest = 100'000;
  return std::isfinite(coordinate) ? std::clamp(coordinate, -kFarthest, kFarthest) : 0;
}

}  // namespace

Canvas::Canvas(int width_px, int height_px, std::uint8_t grey) : frame_(width_px, height_px) {
  fill(0, 0, width_px, height_px, grey);
}

Canvas::Canvas(vision::ImageView face) : frame_(face.width_px, face.height_px) {
  constexpr int kPalest = 90;
  for (int y = 0; y < face.height_px; ++y) {
    const std::uint8_t* from = face.row(y);
    std::uint8_t* to = frame_.row(y);
    for (int x = 0; x < face.width_px; ++x)
      to[x] = static_cast<std::uint8_t>(kPalest + from[x] * (255 - kPalest) / 255);
  }
}

Canvas Canvas::copy_of(vision::ImageView picture) {
  Canvas canvas(picture.width_px, picture.height_px);
  canvas.paste(picture, 0, 0);
  return canvas;
}

void Canvas::dot(int x, int y, std::uint8_t grey) {
  if (x >= 0 && y >= 0 && x < width_px() && y < height_px()) frame_.row(y)[x] = grey;
}

void Canvas::fill(int left, int top, int width, int height, std::uint8_t grey) {
  const int from = std::max(left, 0), to = std::min(left + width, width_px());
  if (from >= to) return;
  for (int y = std::max(top, 0); y < std::min(top + height, height_px()); ++y)
    std::memset(frame_.row(y) + from, grey, static_cast<std::size_t>(to - from));
}

void Canvas::line(Point from, Point to, Stroke stroke) {
  const Point start{sane(from.x), sane(from.y)};
  const float dx = sane(to.x) - start.x, dy = sane(to.y) - start.y;
  const int steps = std::max(1, static_cast<int>(std::max(std::abs(dx), std::abs(dy))));
  const int reach = stroke.thickness_px / 2;
  for (int i = 0; i <= steps; ++i) {
    if (stroke.dash_px > 0 && i / stroke.dash_px % 2 != 0) continue;
    const float part = static_cast<float>(i) / static_cast<float>(steps);
    const int x = static_cast<int>(std::floor(start.x + part * dx));
    const int y = static_cast<int>(std::floor(start.y + part * dy));
    fill(x - reach, y - reach, stroke.thickness_px, stroke.thickness_px, stroke.grey);
  }
}

void Canvas::outline(const vision::Quad& quad, Stroke stroke) {
  for (std::size_t i = 0; i < 4; ++i) line(quad[i], quad[(i + 1) % 4], stroke);
}

void Canvas::number(int left, int top, int value, int scale) {
  const std::string digits = std::to_string(std::clamp(value, 0, 999));
  const int width = (4 * static_cast<int>(digits.size()) + 1) * scale;
  fill(left, top, width, 7 * scale, 255);
  int x = left + scale;
  for (const char digit : digits) {
    const auto& rows = kDigits[static_cast<std::size_t>(digit - '0')];
    for (int i = 0; i < 15; ++i)
      if (rows[static_cast<std::size_t>(i / 3)] >> (2 - i % 3) & 1)
        fill(x + i % 3 * scale, top + (1 + i / 3) * scale, scale, scale, 0);
    x += 4 * scale;
  }
}

void Canvas::paste(vision::ImageView picture, int left, int top, int times) {
  for (int y = 0; y < picture.height_px; ++y)
    for (int x = 0; x < picture.width_px; ++x)
      fill(left + x * times, top + y * times, times, times, picture.row(y)[x]);
}

}  // namespace backstamp::programs
