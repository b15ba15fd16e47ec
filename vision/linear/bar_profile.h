// One clean profile across the bars, made of the bands: straightened, joined, levelled.
#pragma once

#include <vector>

#include "vision/linear/bar_bands.h"

namespace backstamp::vision {

inline constexpr int kPerPixel = 3;  ///< samples of a profile for each pixel of the face

/// How far the bars lean: du for each pixel of v, at knots along u. Paper that is not flat leans
/// them differently from place to place.
struct BarLean {
  static constexpr int kCell_px = 32;
  float overall = 0;
  std::vector<float> knots;  ///< at the middle of each cell, counted from the first sample

  /// At sample `x` of a band.
  float at(float x) const;
};

/// Finds the lean at which the bands agree best: first one for all, then one for each cell. `from`
/// and `to` are the samples that matter.
BarLean find_lean(const BarBands& bands, int from, int to);

/// How the bands become one profile.
enum class Joining {
  mean,     ///< all of them alike
  trimmed,  ///< at every place the middle half of them: a stroke over some bands does not count
  lighter,  ///< the lighter half of them: what lies over the bars is dark
  upper,    ///< the mean of the upper half
  lower,    ///< the mean of the lower half
};

/// The profile of straightened bands, kPerPixel samples for each of theirs.
std::vector<float> join_bands(const BarBands& bands, const BarLean& lean, Joining joining);

/// A profile as darkness: about 0 on paper and 1 where a wide bar is, whatever the light.
struct Darkness {
  std::vector<float> samples;
  float contrast_grey = 0;  ///< between paper and ink
  float paper_grey = 0;
};

/// Levels a profile by the lightest and the darkest around each place.
Darkness level(const std::vector<float>& profile);

}  // namespace backstamp::vision
