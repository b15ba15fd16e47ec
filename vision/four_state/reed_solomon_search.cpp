#include "vision/four_state/reed_solomon_search.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace backstamp::vision::four_state {
namespace {

constexpr double kBitsOfChoice = 1.6;  // of three
constexpr double kOtherGroups = 63;    // what else three bars may be

// The logarithm of how many symbols have at most `changed` groups that differ.
double freedom_of_groups(int groups, int changed) {
  double ways = 1, all = 1;
  for (int k = 1; k <= changed; ++k) {
    ways *= kOtherGroups * (groups - k + 1) / k;
    all += ways;
  }
  return std::log2(all);
}

// The logarithm of how many symbols differ in one stretch of at most so many bars as this one.
double freedom_of_stretch(const SoftBars& bars, std::string_view letters) {
  const std::string read = letters_as_read(bars);
  const auto first = std::mismatch(read.begin(), read.end(), letters.begin()).first;
  const auto last = std::mismatch(read.rbegin(), read.rend(), letters.rbegin()).first.base();
  return first >= last ? 0 : std::log2(bars.bars()) + 2.0 * static_cast<double>(last - first);
}

}  // namespace

int changed_groups(const SoftBars& bars, std::string_view letters, int first_bar) {
  const std::string read = letters_as_read(bars);
  int changed = 0;
  for (auto bar = static_cast<std::size_t>(first_bar); bar + 3 <= letters.size(); bar += 3)
    changed += read.compare(bar, 3, letters, bar, 3) != 0;
  return changed;
}

GroupProof proof_of_groups(const Hypothesis& hypothesis, int groups, int first_bar,
                           double check_bits) {
  const double scattered = freedom_bits(hypothesis.bars, hypothesis.cost);
  const double smeared =
      freedom_of_groups(groups, changed_groups(hypothesis.bars, hypothesis.letters, first_bar));
  const double stretch = freedom_of_stretch(hypothesis.bars, hypothesis.letters);
  const double freedom =
      std::min({scattered, smeared, stretch}) + (hypothesis.cost > 0 ? kBitsOfChoice : 0);
  return {hypothesis.redundancy_bits - freedom, check_bits - freedom};
}

}  // namespace backstamp::vision::four_state
