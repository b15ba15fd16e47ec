// Brightness along a straight line of a face.
#pragma once

#include <span>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// Bilinear brightness, to 1/256 of a pixel, at `from`, `from + step`, and so on. Outside the
/// picture that of its nearest edge pixel.
void sample_line(ImageView face, Point from, Point step, std::span<float> out);

}  // namespace backstamp::vision
