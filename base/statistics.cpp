#include "base/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/assert.h"

namespace backstamp {
namespace {

constexpr unsigned kResamples = 4000;

/// The probability of exactly `hits` of `trials` when either is equally likely.
double even_odds(double hits, double trials) {
  return std::exp(std::lgamma(trials + 1) - std::lgamma(hits + 1) - std::lgamma(trials - hits + 1) -
                  trials * std::log(2.0));
}

}  // namespace

Interval wilson_interval(std::uint64_t hits, std::uint64_t trials, double quantile) {
  if (trials == 0) return {0, 1};
  const auto n = static_cast<double>(trials);
  const double rate = static_cast<double>(hits) / n;
  const double z2 = quantile * quantile;
  const double centre = (rate + z2 / (2 * n)) / (1 + z2 / n);
  const double half = quantile / (1 + z2 / n) * std::sqrt(rate * (1 - rate) / n + z2 / (4 * n * n));
  // At the ends the bound is the end itself, whatever rounding says.
  return {hits == 0 ? 0 : std::max(0.0, centre - half),
          hits == trials ? 1 : std::min(1.0, centre + half)};
}

double sign_test(std::uint64_t first, std::uint64_t second) {
  const auto trials = static_cast<double>(first + second);
  double tail = 0;
  for (std::uint64_t hits = 0; hits <= std::min(first, second); ++hits)
    tail += even_odds(static_cast<double>(hits), trials);
  return std::min(1.0, 2 * tail);
}

double percentile(std::span<const double> sorted, double fraction) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(fraction * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Interval median_interval(std::vector<double> values, double confidence) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  std::sort(values.begin(), values.end());
  const auto trials = static_cast<double>(values.size());
  std::size_t outside = 0;  // so many values at each end may be left out
  for (double tail = 0; outside < values.size() / 2; ++outside) {
    tail += even_odds(static_cast<double>(outside), trials);
    if (2 * tail > 1 - confidence) break;
  }
  if (outside == 0) return {-kInfinite, kInfinite};
  return {values[outside - 1], values[values.size() - outside]};
}

Interval bootstrap_ratio(std::span<const double> above, std::span<const double> below,
                         double confidence) {
  BACKSTAMP_ASSERT(above.size() == below.size());
  if (above.empty()) return {};
  std::mt19937_64 random(1);
  std::vector<double> ratios;
  for (unsigned i = 0; i < kResamples; ++i) {
    double sum_above = 0;
    double sum_below = 0;
    for (std::size_t drawn = 0; drawn < above.size(); ++drawn) {
      const std::size_t at = random() % above.size();
      sum_above += above[at];
      sum_below += below[at];
    }
    if (sum_below <= 0) return {};
    ratios.push_back(sum_above / sum_below);
  }
  std::sort(ratios.begin(), ratios.end());
  return {percentile(ratios, (1 - confidence) / 2), percentile(ratios, (1 + confidence) / 2)};
}

}  // namespace backstamp
