// How sure a measured figure is: intervals and tests that need no table.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace backstamp {

struct Interval {
  double low = 0;
  double high = 0;
};

/// The interval in which a rate lies of which `hits` of `trials` were seen (Wilson, 1927, without
/// continuity correction), at 95 % or with another normal quantile. [0, 1] when nothing was tried.
Interval wilson_interval(std::uint64_t hits, std::uint64_t trials, double quantile = 1.959964);

/// The exact two-sided sign test: how probable a split at least as uneven as `first` : `second` is
/// when both are equally likely. On the pairs that two runs disagree about it is McNemar's exact
/// test. 1 when there is nothing to compare.
double sign_test(std::uint64_t first, std::uint64_t second);

/// The value at place ⌊fraction · count⌋ of the sorted values, the last one at most; 0 when empty.
double percentile(std::span<const double> sorted, double fraction);

/// The mean of the middle two, or the middle one; 0 when empty.
double median(std::vector<double> values);

/// An interval for the median that holds for every distribution (order statistics), with at least
/// this confidence. Infinite where so few values cannot give it.
Interval median_interval(std::vector<double> values, double confidence);

/// Of the sum of `above` to the sum of `below`, which are pairs: the interval in which `confidence`
/// of the ratios lie when the pairs are drawn again, 4,000 times, with replacement. The same values
/// give the same interval. {0, 0} when there are none or `below` has no sum.
Interval bootstrap_ratio(std::span<const double> above, std::span<const double> below,
                         double confidence);

}  // namespace backstamp
