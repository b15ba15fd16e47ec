// How far each bar's tracker lies off the track.
#pragma once

#include <vector>

#include "vision/four_state/bar_profiles.h"
#include "vision/four_state/profile_math.h"

namespace backstamp::vision::four_state {

/// For every place of the track, rows of the profile (downwards positive, at most 1.2 pitches) from
/// the track to the middle of the row of trackers. Found from where the bars of `run` end; smooth
/// along the row. `typical` is the darkness of the typical tracker. All 0 when it cannot be told.
std::vector<float> row_offsets(const BarProfiles& profiles, Run run, float typical);

}  // namespace backstamp::vision::four_state
