// The characters of a Code 128 between its two ends in a profile.
#pragma once

#include <vector>

#include "vision/linear/code128_ends.h"
#include "vision/linear/code128_match.h"

namespace backstamp::vision {

/// Where a symbol lies in a profile: its first edge as drawn (ink left aside), its module, and how
/// many characters it has, start and check included, the stop not.
struct Code128Frame {
  float first = 0;
  float module = 0;
  int characters = 0;
  float spread = 0;
};

/// What was read between the ends.
struct Code128Slots {
  std::vector<int> values;              ///< start … check
  std::vector<CharacterMatch> matches;  ///< the same with their doubts, and the stop
  std::vector<float> places;            ///< profile sample at which each begins
  BarBlur blur;
  float noise = 0;  ///< mean square of what stays unexplained of a sample of darkness

  /// How much more of each character, start to check, the second likeliest leaves unexplained, in
  /// units of the noise of the symbol or, where there is more, of the character.
  std::vector<float> margins() const;
};

/// The likeliest characters, each for itself, on a clock that follows them; blur, ink spread and
/// light are fitted to the symbol as it is read.
Code128Slots decode_code128(const std::vector<float>& dark, const Code128Frame& frame);

}  // namespace backstamp::vision
