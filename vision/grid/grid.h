// A grid of modules laid over a face.
#pragma once

#include "vision/frame.h"
#include "vision/grid/pattern.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Maps module coordinates (0,0)…(columns,rows) to the face by the plane's projective map through
/// four corners.
class GridMap {
 public:
  GridMap(const Quad& corners, int columns, int rows);
  Point face_from_module(float column, float row) const {
    const float u = column * per_column_;
    const float v = row * per_row_;
    const float w = 1 / (g_ * u + h_ * v + 1);
    return {(a_ * u + b_ * v + c_) * w, (d_ * u + e_ * v + f_) * w};
  }

 private:
  float a_, b_, c_, d_, e_, f_, g_, h_;
  float per_column_, per_row_;
};

/// How well the fixed cells of a pattern agree with the face when its corners lie there: the
/// correlation of expected and found brightness, -1 to 1.
float agreement(ImageView face, const FixedPattern& pattern, const Quad& corners);

/// One round of coarse moves only: what a hypothesis is worth, at a tenth of the price of climb().
float approach(ImageView face, const FixedPattern& pattern, Quad& corners);

/// Moves the edges and corners to where the agreement is best, starting up to a module off.
/// Returns that agreement.
float climb(ImageView face, const FixedPattern& pattern, Quad& corners);

}  // namespace backstamp::vision
