// From a rough rectangle to an oriented box.
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/locate/direction.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Finds the direction of the texture in `rect` (modulo a quarter turn; of bars, the direction
/// across them) and how far it reaches each way. False when there is none. `noise` is
/// the paper's, in grey levels. The boxes are in
/// pixels of the face. `tight` is set when the texture of a matrix code, edges both ways, ends
/// before the box does: a stroke or print runs on from it.
bool fit_box(ImageView face, ImageView half, PixelRect rect, bool bars, float noise,
             OrientedBox& box, std::optional<OrientedBox>& tight);

}  // namespace backstamp::vision
