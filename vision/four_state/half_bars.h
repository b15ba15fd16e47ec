// From the darkness of half-bars to soft values.
#pragma once

#include <vector>

#include "vision/four_state/profile_math.h"

namespace backstamp::vision::four_state {

/// `dark`: darkness of one half of each place, 1 as its tracker. The bars of `run` form two
/// classes; the values become about −1 (not printed) and +1 (printed), with the neighbours' part
/// taken out: blur lets a printed neighbour darken the space against which a bar is measured.
std::vector<float> soften(const std::vector<float>& dark, Run run);

}  // namespace backstamp::vision::four_state
