#include "tests/pictures/sheet.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/file.h"
#include "vision/decode_pool.h"

namespace backstamp::pictures {

using namespace vision;

Point Window::face_from_picture(Point p) const {
  const Point across{-along.y, along.x};
  return origin + along * (p.x * face_px) + across * (p.y * face_px);
}

Point Window::picture_from_face(Point p) const {
  const Point d = p - origin;
  return {dot(d, along) / face_px, dot(d, {-along.y, along.x}) / face_px};
}

Window window_around(const Quad& quad, float margin_px, int width_px) {
  const Point side = quad[1] - quad[0];
  Window window;
  window.along = side * (1 / length(side));
  window.origin = {0, 0};
  Point least{1e9f, 1e9f}, most{-1e9f, -1e9f};
  for (const Point& corner : quad) {
    const Point p = window.picture_from_face(corner);
    least = {std::min(least.x, p.x), std::min(least.y, p.y)};
    most = {std::max(most.x, p.x), std::max(most.y, p.y)};
  }
  window.origin = window.face_from_picture(least - Point{margin_px, margin_px});
  window.face_px = (most.x - least.x + 2 * margin_px) / static_cast<float>(width_px);
  window.width_px = width_px;
  window.height_px = static_cast<int>((most.y - least.y + 2 * margin_px) / window.face_px);
  return window;
}

namespace {

/// Makes the darkest hundredth black and the lightest one white.
void stretch(Frame& picture) {
  std::array<int, 256> counts{};
  const int width = picture.width_px(), height = picture.height_px();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) ++counts[picture.row(y)[x]];
  const auto level_of = [&](int share) {
    int level = 0;
    for (int sum = counts[0]; level < 255 && sum <= share; ++level)
      sum += counts[static_cast<std::size_t>(level) + 1];
    return level;
  };
  const int low = level_of(width * height / 100), high = level_of(width * height / 100 * 99);
  if (low >= high) return;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      picture.row(y)[x] = static_cast<std::uint8_t>(
          std::clamp((picture.row(y)[x] - low) * 255 / (high - low), 0, 255));
}

}  // namespace

Frame seen_through(ImageView face, const Window& window) {
  Frame out(window.width_px, window.height_px);
  for (int y = 0; y < out.height_px(); ++y) {
    for (int x = 0; x < out.width_px(); ++x) {
      const Point p{static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f};
      out.row(y)[x] = static_cast<std::uint8_t>(brightness(face, window.face_from_picture(p)));
    }
  }
  stretch(out);
  return out;
}

Frame reduced(ImageView picture, int times) {
  Frame out(picture.width_px / times, picture.height_px / times);
  for (int y = 0; y < out.height_px(); ++y) {
    for (int x = 0; x < out.width_px(); ++x) {
      int sum = 0;
      for (int i = 0; i < times * times; ++i)
        sum += picture.row(y * times + i / times)[x * times + i % times];
      out.row(y)[x] = static_cast<std::uint8_t>(sum / (times * times));
    }
  }
  return out;
}

Result<void> write_sheet(ImageView picture, const std::filesystem::path& file) {
  Frame greys(picture.width_px, picture.height_px);
  for (int y = 0; y < picture.height_px; ++y)
    for (int x = 0; x < picture.width_px; ++x)
      greys.row(y)[x] = static_cast<std::uint8_t>((picture.row(y)[x] + 8) / 17 * 17);
  const auto png = pack_png(greys.view());
  if (!png) return std::unexpected(png.error());
  return write_file_durably(file, *png);
}

}  // namespace backstamp::pictures
