// Which pair of digits of an Interleaved 2 of 5 a stretch of darkness is.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "vision/linear/code128_match.h"

namespace backstamp::vision {

inline constexpr int kItfPairs = 100;

/// Widths of a pair of digits, in quarters of a module (ISO/IEC 16390, table 1): the first digit's
/// bars and the second's spaces, in turn; a wide one is `wide` quarters.
std::array<int, 10> itf_widths(int pair, int wide);

/// The likeliest pair, with the sums of squares that it and the second leave unexplained.
struct ItfMatch {
  int value = -1;
  float error = 0;
  float second_error = 0;
};

/// Expected darkness of every pair of digits for one width of the wide elements (in quarters of a
/// module: 8 to 12) and one blur.
class ItfMatcher {
 public:
  ItfMatcher(int wide, BarBlur blur);

  /// Samples of a pair, kPerModule to a module, at (i + 0.5) / kPerModule modules.
  std::size_t samples() const { return samples_; }
  /// Fills samples() values.
  void expected(int pair, float* out) const;
  /// Makes match() ready, which expected() alone does not need.
  void prepare();
  /// `seen` holds samples() values.
  ItfMatch match(const float* seen) const;

 private:
  int wide_;
  std::size_t samples_;
  std::vector<float> rising_, falling_;  // an edge at 0, from -kReach quarters on
  std::vector<float> table_;
};

}  // namespace backstamp::vision
