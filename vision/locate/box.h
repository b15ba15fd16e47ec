// From a rough rectangle to an oriented box.
#pragma once

#include "vision/frame.h"
#include "vision/locate/direction.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Finds the direction of the texture in `rect` (modulo a quarter turn; of bars, the direction
/// across them) and how far it reaches each way. False when there is none. `noise` is
/// the paper's, in grey levels. The box is in pixels of the face.
bool fit_box(ImageView face, ImageView half, PixelRect rect, bool bars, float noise,
             OrientedBox& box);

}  // namespace backstamp::vision
