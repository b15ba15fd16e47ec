#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "base/statistics.h"

namespace backstamp {
namespace {

using Catch::Approx;

TEST_CASE("Wilson's interval is the one of the textbooks") {
  // The four cases of Newcombe (1998), table I, method 3.
  const Interval many = wilson_interval(81, 263);
  CHECK(many.low == Approx(0.2553).margin(5e-5));
  CHECK(many.high == Approx(0.3662).margin(5e-5));
  const Interval few = wilson_interval(15, 148);
  CHECK(few.low == Approx(0.0624).margin(5e-5));
  CHECK(few.high == Approx(0.1605).margin(5e-5));
  const Interval none = wilson_interval(0, 20);
  CHECK(none.low == 0);
  CHECK(none.high == Approx(0.1611).margin(5e-5));
  const Interval one = wilson_interval(1, 29);
  CHECK(one.low == Approx(0.0061).margin(5e-5));
  CHECK(one.high == Approx(0.1718).margin(5e-5));
  CHECK(wilson_interval(20, 20).high == 1);
  CHECK(wilson_interval(0, 0).low == 0);
  CHECK(wilson_interval(0, 0).high == 1);
}

TEST_CASE("the sign test is exact and looks to both sides") {
  CHECK(sign_test(0, 0) == 1);
  CHECK(sign_test(5, 5) == 1);
  CHECK(sign_test(0, 5) == Approx(2.0 / 32));
  CHECK(sign_test(5, 0) == Approx(2.0 / 32));
  CHECK(sign_test(1, 9) == Approx(2.0 * (1 + 10) / 1024));
  CHECK(sign_test(0, 7) > 0.01);
  CHECK(sign_test(0, 8) < 0.01);
  CHECK(sign_test(4000, 4000) == Approx(1).margin(0.02));
  CHECK(sign_test(3000, 5000) < 1e-9);
}

TEST_CASE("percentiles and the median of few values") {
  const std::vector<double> sorted{1, 2, 3, 4};
  CHECK(percentile(sorted, 0) == 1);
  CHECK(percentile(sorted, 0.5) == 3);
  CHECK(percentile(sorted, 0.99) == 4);
  CHECK(percentile(sorted, 1) == 4);
  CHECK(percentile({}, 0.5) == 0);
  CHECK(median({4, 1, 3}) == 3);
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK(median({}) == 0);
}

TEST_CASE("the median's interval is taken from the sorted values themselves") {
  std::vector<double> values;
  for (int i = 1; i <= 10; ++i) values.push_back(i);
  // Of ten values the second and the ninth hold the median with 1 - 2 · 11/1024 = 97.9 %.
  const Interval tenth = median_interval(values, 0.95);
  CHECK(tenth.low == 2);
  CHECK(tenth.high == 9);
  CHECK(std::isinf(median_interval({1, 2, 3}, 0.95).low));
  CHECK(std::isinf(median_interval({}, 0.95).high));
}

TEST_CASE("the interval of a ratio of sums holds the true ratio, and narrows with more pairs") {
  std::mt19937_64 random(3);
  const auto draw = [&](std::size_t count) {
    std::pair<std::vector<double>, std::vector<double>> pairs;
    for (std::size_t i = 0; i < count; ++i) {
      const double size = 1 + static_cast<double>(random() % 100) / 10;
      pairs.first.push_back(7 * size * (0.8 + static_cast<double>(random() % 5) / 10));
      pairs.second.push_back(size);
    }
    return bootstrap_ratio(pairs.first, pairs.second, 0.95);
  };
  const Interval few = draw(20);
  const Interval many = draw(500);
  CHECK(many.low < 7);
  CHECK(many.high > 7);
  CHECK(many.high - many.low < (few.high - few.low) / 2);
  CHECK(bootstrap_ratio({}, {}, 0.95).high == 0);
  const std::vector<double> nothing{0, 0};
  CHECK(bootstrap_ratio(nothing, nothing, 0.95).high == 0);
}

}  // namespace
}  // namespace backstamp
