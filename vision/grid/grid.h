// A grid of modules laid over a face.
#pragma once

#include "vision/frame.h"
#include "vision/grid/pattern.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// The projective map of the unit square to a quadrilateral: x = (a·s + b·t + c) / w, y = (d·s +
/// e·t + f) / w, w = g·s + h·t + 1, where s and t are columns and rows times per_column, per_row.
struct PlaneMap {
  float a, b, c, d, e, f, g, h;
  float per_column, per_row;
};

/// Maps module coordinates (0,0)…(columns,rows) to the face by the plane's projective map through
/// four corners.
class GridMap {
 public:
  GridMap(const Quad& corners, int columns, int rows);
  Point face_from_module(float column, float row) const {
    const float u = column * m_.per_column;
    const float v = row * m_.per_row;
    const float w = 1 / (m_.g * u + m_.h * v + 1);
    return {(m_.a * u + m_.b * v + m_.c) * w, (m_.d * u + m_.e * v + m_.f) * w};
  }
  /// Positive where the map is sound; 1 at the first corner.
  float depth(float column, float row) const {
    return m_.g * column * m_.per_column + m_.h * row * m_.per_row + 1;
  }
  const PlaneMap& plane() const { return m_; }

 private:
  PlaneMap m_{};
};

/// The side of a module of a symbol with these corners, the mean of both ways.
float module_px(const FixedPattern& pattern, const Quad& corners);

/// One round of coarse moves only: what a hypothesis is worth, at a tenth of the price of climb().
float approach(ImageView face, const FixedPattern& pattern, Quad& corners);

/// Moves the edges and corners to where the agreement is best, starting up to a module off.
/// Returns that agreement.
float climb(ImageView face, const FixedPattern& pattern, Quad& corners);

}  // namespace backstamp::vision
