#include "vision/ladder/crop.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "vision/zxing_adapter.h"

namespace backstamp::vision {
namespace {

constexpr float kMostPixels = 4e6f;

OrientedBox grown(const OrientedBox& box, Point margin) {
  OrientedBox out = box;
  out.width += 2 * margin.x;
  out.height += 2 * margin.y;
  return out;
}

}  // namespace

Frame cut_out(ImageView face, const OrientedBox& box, const CropOptions& options) {
  const OrientedBox area = grown(box, options.margin);
  const float wide = std::round(area.width * options.x_scale);
  const float high = std::round(area.height * options.y_scale);
  if (wide < 1 || high < 1 || wide * high > kMostPixels) return {};
  Frame crop(static_cast<int>(wide), static_cast<int>(high));
  std::vector<float> sums(static_cast<std::size_t>(crop.width_px()));
  // As many samples a pixel down the box as face pixels fall into it.
  const int samples = std::max(1, static_cast<int>(std::lround(1 / options.y_scale)));
  const float down = 1 / (options.y_scale * static_cast<float>(samples));
  const Point right = area.along * (1 / options.x_scale);
  for (int y = 0; y < crop.height_px(); ++y) {
    std::uint8_t* out = crop.row(y);
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int k = 0; k < samples; ++k) {
      const float by = (static_cast<float>(y * samples + k) + 0.5f) * down;
      Point at = area.face_from_box({0.5f / options.x_scale, by});
      for (float& sum : sums) {
        sum += brightness(face, at);
        at = at + right;
      }
    }
    for (std::size_t x = 0; x < sums.size(); ++x)
      out[x] = static_cast<std::uint8_t>(sums[x] / static_cast<float>(samples) + 0.5f);
  }
  return crop;
}

std::optional<Reading> read_crop(ImageView face, const OrientedBox& box,
                                 postal::Symbology symbology, const CropOptions& options) {
  const Frame crop = cut_out(face, box, options);
  if (crop.empty()) return std::nullopt;
  Formats one;
  one.add(symbology);
  std::vector<Reading> readings = zxing_read(crop.view(), one, {.harder = true, .rotate = false});
  if (readings.empty()) return std::nullopt;
  Reading reading = std::move(readings.front());
  const OrientedBox area = grown(box, options.margin);
  for (Point& p : reading.outline)
    p = area.face_from_box({p.x / options.x_scale, p.y / options.y_scale});
  reading.rung = "crop";
  return reading;
}

}  // namespace backstamp::vision
