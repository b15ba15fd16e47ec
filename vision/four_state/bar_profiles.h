// How dark each place of a track is along its bar, against the spaces on both sides of it.
#pragma once

#include <vector>

#include "vision/four_state/bar_track.h"
#include "vision/frame.h"

namespace backstamp::vision::four_state {

/// [bar × kRows + row]: darkness of the bar against its two spaces, in grey levels.
struct BarProfiles {
  static constexpr int kRowsPerPitch = 8;
  static constexpr int kRows = 55;  ///< from −27/8 to +27/8 pitches along the axis

  int bars = 0;
  std::vector<float> darkness;
  std::vector<float>
      spaces;  ///< [space × kRows + row]: grey of the space before each bar, and last

  const float* bar(int k) const { return darkness.data() + static_cast<std::ptrdiff_t>(k) * kRows; }
  const float* space(int s) const { return spaces.data() + static_cast<std::ptrdiff_t>(s) * kRows; }
  float* bar(int k) { return darkness.data() + static_cast<std::ptrdiff_t>(k) * kRows; }
};

BarProfiles sample_profiles(ImageView face, const BarTrack& track);

}  // namespace backstamp::vision::four_state
