// Small plane geometry for locating and sampling. Face pixels; the first pixel's centre is (0.5,
// 0.5).
#pragma once

#include <algorithm>
#include <cmath>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision {

inline Point operator+(Point a, Point b) {
  return {a.x + b.x, a.y + b.y};
}
inline Point operator-(Point a, Point b) {
  return {a.x - b.x, a.y - b.y};
}
inline Point operator*(Point a, float k) {
  return {a.x * k, a.y * k};
}
inline float dot(Point a, Point b) {
  return a.x * b.x + a.y * b.y;
}
inline float length(Point a) {
  return std::sqrt(a.x * a.x + a.y * a.y);
}

/// A rectangle at any angle: `along` is the unit vector of its own x axis; its y axis is a quarter
/// turn clockwise on the screen.
struct OrientedBox {
  Point center;
  Point along{1, 0};
  float width = 0;
  float height = 0;

  Point across() const { return {-along.y, along.x}; }
  /// A point of the box's own frame, (0,0) at its top-left corner.
  Point face_from_box(Point p) const {
    return center + along * (p.x - width / 2) + across() * (p.y - height / 2);
  }
  Quad corners() const {
    return {face_from_box({0, 0}), face_from_box({width, 0}), face_from_box({width, height}),
            face_from_box({0, height})};
  }
};

/// Brightness at a point, bilinear; outside the picture that of its nearest edge pixel.
inline float brightness(ImageView image, Point p) {
  const float x = std::clamp(p.x - 0.5f, 0.0f, static_cast<float>(image.width_px - 1));
  const float y = std::clamp(p.y - 0.5f, 0.0f, static_cast<float>(image.height_px - 1));
  const int x0 = static_cast<int>(x);
  const int y0 = static_cast<int>(y);
  const int x1 = std::min(x0 + 1, image.width_px - 1);
  const std::uint8_t* a = image.row(y0);
  const std::uint8_t* b = image.row(std::min(y0 + 1, image.height_px - 1));
  const float fx = x - static_cast<float>(x0);
  const float fy = y - static_cast<float>(y0);
  const float top = static_cast<float>(a[x0]) + fx * static_cast<float>(a[x1] - a[x0]);
  const float bottom = static_cast<float>(b[x0]) + fx * static_cast<float>(b[x1] - b[x0]);
  return top + fy * (bottom - top);
}

}  // namespace backstamp::vision
