// Where a Code 128 begins and ends in a profile.
#pragma once

#include <vector>

namespace backstamp::vision {

/// What looks like the first eleven modules of a symbol, seen from outside: a start pattern, or the
/// stop pattern from its far end.
struct Code128End {
  int value = 0;       ///< kCode128StartA, B, C or kCode128Stop
  float at = 0;        ///< profile sample where the first bar becomes dark
  float module = 0;    ///< profile samples a module
  float spread = 0;    ///< growth of the bars, in modules
  float likeness = 0;  ///< correlation with the pattern, 0..1
};

/// The ends that begin in `dark`, the likeliest first, at most eight; a light quiet zone stands
/// before each. Pass the profile backwards for the other side.
std::vector<Code128End> find_code128_ends(const std::vector<float>& dark);

/// How much the eleven modules that begin at `at` look like an end of this kind when a module is
/// about `module` samples (3 in 100 more or less), and the module and the spread at which they do
/// most.
Code128End look_at_end(const std::vector<float>& dark, int value, float at, float module);

}  // namespace backstamp::vision
