// How dark each place of a track is along its bar, against the spaces on both sides of it.
#pragma once

#include <vector>

#include "vision/four_state/bar_track.h"
#include "vision/frame.h"

namespace backstamp::vision::four_state {

/// Bars or rows that follow each other, both ends inclusive.
struct Run {
  int first = 0;
  int last = -1;
  int length() const { return last - first + 1; }
};

/// [bar × kRows + row]: darkness of the bar against its two spaces, in grey levels.
struct BarProfiles {
  static constexpr int kRowsPerPitch = 8;
  static constexpr int kRows = 55;  ///< from −27/8 to +27/8 pitches along the axis

  int bars = 0;
  std::vector<float> darkness;
  std::vector<float>
      spaces;  ///< [space × kRows + row]: grey of the space before each bar, and last

  const float* bar(int k) const { return darkness.data() + static_cast<std::ptrdiff_t>(k) * kRows; }
  float* space(int s) { return spaces.data() + static_cast<std::ptrdiff_t>(s) * kRows; }
  const float* space(int s) const { return spaces.data() + static_cast<std::ptrdiff_t>(s) * kRows; }
  float* bar(int k) { return darkness.data() + static_cast<std::ptrdiff_t>(k) * kRows; }
};

/// Room for every place of a track, all 0.
BarProfiles empty_profiles(const BarTrack& track);

/// Fills in some rows of some bars and of the spaces beside them; each row of a bar once. Places
/// off the face repeat its edge.
void sample_profiles(ImageView face, const BarTrack& track, Run bars, Run rows,
                     BarProfiles& profiles);

}  // namespace backstamp::vision::four_state
