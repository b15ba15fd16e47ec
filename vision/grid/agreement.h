// How well a fixed pattern lies on a face: the measure that fitting climbs on.
#pragma once

#include "vision/frame.h"
#include "vision/grid/pattern.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// How well the fixed cells of a pattern agree with the face when its corners lie there: the
/// correlation of expected and found brightness, -1 to 1; 0 where the symbol or its quiet zone
/// would reach over the edge of the picture by more than a little, or where there is no contrast.
float agreement(ImageView face, const FixedPattern& pattern, const Quad& corners);

}  // namespace backstamp::vision
