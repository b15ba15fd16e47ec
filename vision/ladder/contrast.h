// The contrast of a place that no reader has measured.
#pragma once

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// 0..1: from the darkest tenth to the lightest tenth of what lies within an outline; the picture's
/// edge pixels go on outside it. Some hundred places are looked at, whatever its size.
float contrast_within(ImageView face, const Quad& outline);

}  // namespace backstamp::vision
