// Which way a box's lines have their combs in step, as strokes and print have not.
#pragma once

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// How far the middle of a box is turned away from its symbol's own directions.
struct CombTurn {
  float degrees = 0;
  float pitch_px = 0;
  float standing_out = 0;  ///< the power of both ways' combs, in means of all that were looked at
};

/// Looks at up to 128 px of the box's middle, for combs of pitches from 2.2 to 12 px and turns of
/// up to eight degrees. A comb over a turned box shifts from line to line by the turn's slope, the
/// lines along it one way and those across it the other way.
CombTurn comb_turn(ImageView face, const OrientedBox& box);

}  // namespace backstamp::vision
