// How much light the strokes over a symbol let through.
#pragma once

#include <vector>

#include "vision/grid/strokes/course.h"
#include "vision/grid/strokes/patch.h"

namespace backstamp::vision {

/// By sample of a patch, as its paper lies: 1 where nothing runs over the symbol.
struct Transmittance {
  std::vector<float> mean;
  std::vector<float> variance;
};

/// Along a stroke brightness has two levels, paper's and print's, and both are the same share of
/// what they are elsewhere: its transmittance, which changes slowly. It is found line by line along
/// the course as the hidden state of a chain that is likeliest, by sums over all its ways forwards
/// and backwards, from what is seen and from the cells that are known.
Transmittance transmittance_of(const Patch& patch, const Course& course);

}  // namespace backstamp::vision
