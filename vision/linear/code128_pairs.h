// The two ends of a Code 128 that belong together.
#pragma once

#include <vector>

#include "vision/linear/box_looks.h"
#include "vision/linear/code128_decode.h"

namespace backstamp::vision {

/// A symbol that may lie between two ends.
struct Code128Pair {
  Code128Frame frame;
  bool reversed =
      false;           ///< it begins at the profile's far end; `frame` is of the backward profile
  float likeness = 0;  ///< of both ends together, 0..2
};

/// What the ends of a profile say.
struct Code128Pairs {
  std::vector<Code128Pair> pairs;  ///< at most four, the likeliest first
  float left = 0;                  ///< likeness of the best end on the left, whether it fits or not
  float right = 0;                 ///< and on the right
};

/// Symbols that may lie in a profile: a start and a stop whose modules agree, with a whole number
/// of characters between them.
Code128Pairs find_code128_pairs(const BothWays& ways);

}  // namespace backstamp::vision
