// Small measures of profiles: rows along a bar, darkness in each.
#pragma once

#include <array>
#include <vector>

#include "vision/four_state/bar_profiles.h"

namespace backstamp::vision::four_state {

inline constexpr int kProfileMiddle = BarProfiles::kRows / 2;  ///< the row of the track
using Profile = std::array<float, BarProfiles::kRows>;

/// The whole number nearest to a value, halves away from 0; of values that an int can hold.
inline int nearest(float value) {
  return static_cast<int>(value + (value < 0 ? -0.5f : 0.5f));
}

/// Mean of the whole rows between two places.
float mean_rows(const float* rows, float from, float to);

/// The value below which `part` (0..1) of them lie. `values` must not be empty.
float percentile(std::vector<float> values, float part);

/// The row, between pixels, at which a profile going from row `from` in steps of `step` (+1 or −1)
/// falls under `level`; the last row when it does not.
float crossing(const Profile& profile, int from, int step, float level);

}  // namespace backstamp::vision::four_state
