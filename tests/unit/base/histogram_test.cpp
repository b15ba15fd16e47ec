#include "base/histogram.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

using backstamp::Histogram;

namespace {

/// The smallest value at or under which `fraction` of the sorted values lie.
std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double fraction) {
  const auto rank =
      static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

TEST_CASE("percentiles are within 1/64 above the sorted truth") {
  std::mt19937_64 random(6);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 2'000; ++i) {
      values.push_back(random() >> (20 + random() % 44));  // up to 4.8 hours, all magnitudes
      histogram.record_ns(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double fraction : {0.0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const std::uint64_t truth = exact(values, fraction);
      const std::uint64_t told = histogram.percentile_ns(fraction);
      CHECK(told >= truth);
      CHECK(told <= truth + truth / 64);
    }
    CHECK(histogram.max_ns() == values.back());
    CHECK(histogram.count() == values.size());
  }
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 100; ++i) histogram.record_ns(i);
  CHECK(histogram.percentile_ns(0.5) == 50);
  CHECK(histogram.percentile_ns(1.0) == 100);
  CHECK(histogram.mean_ns() == 50.5);
}

TEST_CASE("merged histograms are the histogram of all values") {
  std::mt19937_64 random(7);
  Histogram all;
  Histogram left;
  Histogram right;
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t value = random() >> (24 + random() % 40);
    all.record_ns(value);
    (random() % 2 == 0 ? left : right).record_ns(value);
  }
  left.merge(right);
  CHECK(left.count() == all.count());
  CHECK(left.max_ns() == all.max_ns());
  for (double fraction = 0; fraction <= 1; fraction += 0.01) {
    CHECK(left.percentile_ns(fraction) == all.percentile_ns(fraction));
  }
}

TEST_CASE("the longest duration and none at all have an answer") {
  Histogram histogram;
  CHECK(histogram.percentile_ns(0.5) == 0);
  CHECK(histogram.mean_ns() == 0);
  CHECK(histogram.max_ns() == 0);
  histogram.record_ns(~0ull);
  CHECK(histogram.percentile_ns(0.5) == ~0ull);
  histogram.record_ns(0);
  CHECK(histogram.percentile_ns(0.5) == 0);
  CHECK(histogram.percentile_ns(7) == ~0ull);
}

TEST_CASE("what is counted up to a bound lies under it, and but for one bucket all of it does") {
  std::mt19937_64 random(8);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  double sum = 0;
  for (int i = 0; i < 5'000; ++i) {
    values.push_back(random() >> (24 + random() % 40));
    histogram.record_ns(values.back());
    sum += static_cast<double>(values.back());
  }
  CHECK(histogram.sum_ns() == sum);
  for (int round = 0; round < 500; ++round) {
    const std::uint64_t bound = 1 + (random() >> (24 + random() % 40));
    const auto under = [&](std::uint64_t limit) {
      return static_cast<std::uint64_t>(std::count_if(
          values.begin(), values.end(), [&](std::uint64_t value) { return value <= limit; }));
    };
    CHECK(histogram.count_to_ns(bound) <= under(bound));
    CHECK(histogram.count_to_ns(bound) >= under(bound - bound / 64 - 1));
  }
  CHECK(histogram.count_to_ns(histogram.max_ns()) == values.size());
}
