// Which of a cluster's 929 patterns explains best what was seen of a word.
#pragma once

#include <cstdint>
#include <vector>

#include "vision/stacked/waveform.h"

namespace backstamp::vision::stacked {

/// The two values of a cluster that fit best.
struct Match {
  std::uint16_t value = 0;
  float cost = 0;    ///< sum of squares
  float second = 0;  ///< that of the best other value
  /// Logarithm of how much better the best one is; 0 for none.
  float margin() const;
};
Match classify(const Waveform& wave, const Model& model, int cluster);

/// What fits best in the view that tells values apart best.
Match classify(const std::vector<View>& views, int row, int column, int cluster);

}  // namespace backstamp::vision::stacked
