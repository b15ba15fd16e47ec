// Where a PDF417 begins and ends: its start and stop patterns.
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision::stacked {

/// x as a straight line over y.
struct Edge {
  float x = 0;      ///< at y = 0
  float slope = 0;  ///< of x over y
  float at(float y) const { return x + slope * y; }
};

/// Both ends of the rows, in the frame of `box`, which is turned so that the rows run along its x.
struct Anchors {
  OrientedBox box;
  Edge left;               ///< where the start pattern ends and the left row indicator begins
  Edge right;              ///< where the right row indicator ends and the stop pattern begins
  float module_left = 0;   ///< width of a module in the start pattern, px
  float module_right = 0;  ///< … and in the stop pattern
  float top = 0;           ///< between these y the patterns were seen
  float bottom = 0;
};

/// Looks for both patterns across the box and a fifth of its width beyond it, either way up.
/// Places without any are refused after a few lines.
std::optional<Anchors> find_anchors(ImageView face, const OrientedBox& box);

}  // namespace backstamp::vision::stacked
