// Brightness along straight lines, many samples at a time.
#pragma once

#include <span>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// As sample_line in locate/line.h: bilinear brightness at `from`, `from + step`, and so on;
/// outside the picture that of its nearest edge pixel.
void sample_run(ImageView face, Point from, Point step, std::span<float> out);

}  // namespace backstamp::vision
