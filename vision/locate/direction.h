// Which way a texture lies.
#pragma once

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Pixels of the halved picture; right and bottom are one past the end. May lie partly outside.
struct PixelRect {
  int left, top, right, bottom;
};

/// What a texture is like, from scattered looks at its gradients.
struct TextureLook {
  float dense = 0;     ///< 0..1: the share of places with an edge
  float one_way = 0;   ///< 0..1: how far all gradients lie along one line (bars: near 1)
  float two_ways = 0;  ///< 0..1: how far they lie along two at right angles (bars, matrix codes)
};

/// A quick look at the rectangle, for a tenth of the price of find_direction. `noise` is the
/// paper's, in grey levels.
TextureLook look_at_texture(ImageView face, PixelRect rect, float noise);

/// The direction across the bars in `rect`, or (not bars) one of the two directions of a matrix
/// code's sides, as a unit vector to a quarter of a degree. Looks at the full-size face: at half
/// scale a module can be as small as the gradient's reach. `noise` as above. False when there is
/// too little to see.
bool find_direction(ImageView face, PixelRect rect, bool bars, float noise, Point& along);

}  // namespace backstamp::vision
