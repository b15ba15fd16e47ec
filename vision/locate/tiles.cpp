#include "vision/locate/tiles.h"

#include <cmath>

namespace backstamp::vision {

float Tensor::coherence() const {
  const float sum = energy();
  return sum > 0 ? std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy) / sum : 0;
}

Tensor& Tensor::operator+=(const Tensor& other) {
  xx += other.xx;
  yy += other.yy;
  xy += other.xy;
  return *this;
}

Frame halved(ImageView face) {
  Frame half(face.width_px / 2, face.height_px / 2);
  for (int y = 0; y < half.height_px(); ++y) {
    const std::uint8_t* a = face.row(2 * y);
    const std::uint8_t* b = face.row(2 * y + 1);
    std::uint8_t* out = half.row(y);
    for (int x = 0; x < half.width_px(); ++x) {
      const int sum = a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1];
      out[x] = static_cast<std::uint8_t>((sum + 2) >> 2);
    }
  }
  return half;
}

namespace {

Tensor tile_tensor(ImageView half, int x0, int y0) {
  int xx = 0;
  int yy = 0;
  int xy = 0;
  for (int y = y0; y < y0 + kTile_px; ++y) {
    const std::uint8_t* above = half.row(y - 1) + x0;
    const std::uint8_t* row = half.row(y) + x0;
    const std::uint8_t* below = half.row(y + 1) + x0;
    for (int x = 0; x < kTile_px; ++x) {
      const int gx = row[x + 1] - row[x - 1];
      const int gy = below[x] - above[x];
      xx += gx * gx;
      yy += gy * gy;
      xy += gx * gy;
    }
  }
  constexpr float kMean = 1.0f / (kTile_px * kTile_px);
  return {static_cast<float>(xx) * kMean, static_cast<float>(yy) * kMean,
          static_cast<float>(xy) * kMean};
}

}  // namespace

Tiles tile_tensors(ImageView half) {
  Tiles tiles;
  // One pixel of margin, so that every gradient has its neighbours.
  tiles.columns = half.width_px > 2 ? (half.width_px - 2) / kTile_px : 0;
  tiles.rows = half.height_px > 2 ? (half.height_px - 2) / kTile_px : 0;
  tiles.tensors.reserve(static_cast<std::size_t>(tiles.columns * tiles.rows));
  for (int row = 0; row < tiles.rows; ++row)
    for (int column = 0; column < tiles.columns; ++column)
      tiles.tensors.push_back(tile_tensor(half, 1 + column * kTile_px, 1 + row * kTile_px));
  return tiles;
}

}  // namespace backstamp::vision
