// The digits of an Interleaved 2 of 5 between its two ends in a profile.
#pragma once

#include <string>
#include <vector>

#include "vision/linear/box_looks.h"
#include "vision/linear/code128_match.h"

namespace backstamp::vision {

/// Where a symbol may lie in one way of a profile.
struct ItfFrame {
  float first = 0;   ///< sample of its first edge
  float module = 0;  ///< samples
  int wide = 12;     ///< quarters of a module in a wide element
  int pairs = 0;     ///< of digits
  bool reversed = false;
  float likeness = 0;  ///< of start and stop together, 0..2

  /// Quarters of a module, from the first edge to the last.
  static int quarters(int pairs, int wide) { return 16 + pairs * (24 + 4 * wide) + wide + 8; }
};

/// The frames with the right number of bars and the right ends for one of `pairs` digit pairs (7 or
/// 6), the likeliest first, at most four.
std::vector<ItfFrame> find_itf_frames(const BothWays& ways);

struct ItfDigits {
  std::string digits;
  std::vector<float> margins;  ///< of each pair, as Code128Slots has them
  float noise = 0;
};

/// The likeliest digits, each pair for itself.
ItfDigits decode_itf(const std::vector<float>& dark, const ItfFrame& frame);

}  // namespace backstamp::vision
