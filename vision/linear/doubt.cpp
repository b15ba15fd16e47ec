#include "vision/linear/doubt.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace backstamp::vision {

// Above what was counted on 450 drawn symbols of the hard class and beyond, under four looks, most
// of the wrong ones in symbols too damaged to be read at all. Damage that looks like another
// character leaves a rest at any margin.
float doubt(float margin) {
  constexpr float kScale = 14, kOffset = 5, kRest = 2e-4f;
  return std::min(1.0f, std::exp(-(margin - kOffset) / kScale)) + kRest;
}

float usual_margin(std::span<const float> margins) {
  if (margins.empty()) return 0;
  std::vector<float> sorted(margins.begin(), margins.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

}  // namespace backstamp::vision
