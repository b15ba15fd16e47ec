// Where bars begin after a quiet zone.
#pragma once

#include <vector>

namespace backstamp::vision {

struct BarBeginning {
  float at;     ///< profile sample of the first bar's edge
  float quiet;  ///< profile samples of light before it
};

/// At most four places where darkness begins after a stretch of light of at least eight pixels, the
/// longest stretch first.
std::vector<BarBeginning> bar_beginnings(const std::vector<float>& dark);

}  // namespace backstamp::vision
