// How strokes run over a symbol: a cancellation's lines are copies of one curve.
#pragma once

#include <vector>

#include "vision/grid/strokes/patch.h"

namespace backstamp::vision {

/// How far down, in samples, the strokes have come at each column of modules, from where they are
/// in the middle one.
struct Course {
  std::vector<float> down;
  float strength = 0;  ///< how much the curve is darker, along and along, than chance makes it
};

/// `turned`: of strokes along the patch's columns, as if it were transposed.
Course course_of(const Patch& patch, bool turned);

/// Brightness of the middle of a column of modules, by sample down it.
std::vector<float> middle_column(const Patch& patch, int column);

}  // namespace backstamp::vision
