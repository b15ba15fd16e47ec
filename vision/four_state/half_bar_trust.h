// How far a half-bar's darkness is to be believed: what a pen, a blot or a scratch left of it.
#pragma once

#include <vector>

#include "vision/four_state/bar_profiles.h"
#include "vision/four_state/profile_math.h"

namespace backstamp::vision::four_state {

/// Rows of a bar's profile in which a half-bar is printed or not.
struct Zone {
  float from = 0;
  float to = 0;
};

/// For every place, 0.1 to 1. A half-bar is doubted when a space beside it is darker than the
/// spaces of its neighbourhood, when it is dark in one part of `zone` and bright in another, or
/// when its soft value goes beyond what print and paper give. `soft` are the values to be believed,
/// `typical` the darkness of a tracker, `moves` how many rows each profile was moved down.
std::vector<float> half_bar_trust(const BarProfiles& profiles, Run run, Zone zone,
                                  const std::vector<float>& soft, const std::vector<float>& moves,
                                  float typical);

}  // namespace backstamp::vision::four_state
