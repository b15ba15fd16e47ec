// The size of a module, from the comb that the edges of a matrix code make.
#pragma once

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

struct Pitch {
  float module_px = 0;
  float strength = 0;  ///< 0..1: the share of the edges' variation that the comb explains
};

/// The most likely module size in a box, 2.2 to 16 px. Turns the box, by up to two degrees, to
/// where the comb is sharpest.
Pitch estimate_pitch(ImageView face, OrientedBox& box);

/// The part of a box that has the comb both ways, in step: strokes and print that touch a symbol
/// widen its box, but have no comb, or not that one.
OrientedBox where_combed(ImageView face, const OrientedBox& box, float module_px);

}  // namespace backstamp::vision
