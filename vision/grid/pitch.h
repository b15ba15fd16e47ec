// The size of a module, from the comb that the edges of a matrix code make.
#pragma once

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

struct Pitch {
  float module_px = 0;
  float along_px = 0;    ///< the same along the box's x axis alone, as belts stretch
  float down_px = 0;     ///< and along its y axis
  float strength = 0;    ///< 0..1: the share of the edges' variation that the comb explains
  bool in_step = false;  ///< a weak comb, but one that goes on in step over the box's middle
};

/// The most likely module size in a box, 2.2 to 16 px. Turns the box, by up to eight degrees, to
/// where a weak comb is in step from line to line.
Pitch estimate_pitch(ImageView face, OrientedBox& box);

}  // namespace backstamp::vision
