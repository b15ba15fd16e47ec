// Telling a linear code from other bars: hatching, fences, facing marks, capitals.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Brightness across the bars of a box, and what its bars and spaces say.
struct Stripes {
  std::vector<float> runs_px;  ///< widths of bar, space, bar, … the first and the last a bar
  float evenness = 0;          ///< 0..1: how well the profile agrees with itself a period on

  /// Enough bars for a Code 128 of one character, and not all of them alike.
  bool may_be_code128() const;
  /// A start or stop pattern of Code 128 (ISO/IEC 15417, table 1) at one of the ends, either way.
  bool has_code128_end() const;
};

/// Looks across the middle of a box, whose x axis runs across the bars.
Stripes look_across(ImageView face, const OrientedBox& box);

}  // namespace backstamp::vision
