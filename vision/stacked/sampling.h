// Many samples along a straight line.
#pragma once

#include <span>

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision::stacked {

/// Adds brightness at out.size() points, each in the middle of its share of the way from a to b.
/// Interpolated along the axis that the line is nearer to; of the other one the nearest pixel,
/// which is enough where the picture changes along the line alone. Outside the picture that of its
/// nearest edge pixel. The points must be finite.
void add_samples(ImageView face, Point a, Point b, std::span<float> out);

}  // namespace backstamp::vision::stacked
