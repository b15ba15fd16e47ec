// A face at half scale and how its brightness changes, tile by tile.
#pragma once

#include <vector>

#include "vision/frame.h"

namespace backstamp::vision {

inline constexpr int kTile_px = 8;  ///< side of a tile, in pixels of the halved picture

/// The picture at half scale: each pixel the mean of 2 × 2. An odd last row or column is left out.
Frame halved(ImageView face);

/// Structure tensor of a tile: sums of products of the gradient's components.
struct Tensor {
  float xx = 0;
  float yy = 0;
  float xy = 0;
  float both = 0;  ///< xx + yy: four numbers are one vector
  float energy() const { return both; }
  /// 0 (no direction, or two at right angles) to 1 (all gradients along one line).
  float coherence() const;
  /// What is left when so much energy that has no direction is taken off.
  Tensor without(float energy) const {
    return {xx - energy / 2, yy - energy / 2, xy, both - energy};
  }
  Tensor& operator+=(const Tensor& other) {
    xx += other.xx;
    yy += other.yy;
    xy += other.xy;
    both += other.both;
    return *this;
  }
};

struct Tiles {
  int columns = 0;
  int rows = 0;
  std::vector<Tensor> tensors;
  const Tensor& at(int column, int row) const {
    return tensors[static_cast<std::size_t>(row * columns + column)];
  }
};

/// Tensors of all whole tiles of a halved picture; energy is per pixel.
Tiles tile_tensors(ImageView half);

}  // namespace backstamp::vision
