#include "vision/stacked/indicators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "vision/stacked/classify.h"

namespace backstamp::vision::stacked {
namespace {

constexpr float kLeastMargin = 0.15f;
constexpr int kFacts = 3;
constexpr int kFactValues = 30;
constexpr int kReach = 100;  // rows between the lattice's first and the symbol's

struct Indicator {
  int row = 0;
  bool right = false;
  Match match;
};

Match look(const std::vector<View>& views, int row, bool right, int cluster) {
  const int column = right ? views.front().waves.columns() - 2 : 1;
  return classify(views, row, column, cluster);
}

/// Which clusters explain the indicators best: of each, all three are tried.
int cluster_of_first(const std::vector<View>& views) {
  constexpr int kTried = 16;
  const int rows = views.front().waves.rows();
  const int step = std::max(1, 2 * rows / kTried);
  std::array<float, kClusters> costs{};
  for (int i = 0; i < 2 * rows; i += step) {
    const int row = i / 2;
    // With an even step too, both sides have their turn.
    const bool right = (i + row) % 2 == 1;
    for (int k = 0; k < kClusters; ++k) {
      const Match match = look(views, row, right, k);
      const int first = (k + row * (kClusters - 1)) % kClusters;
      costs[static_cast<std::size_t>(first)] += std::log(match.cost + 0.25f);
    }
  }
  return static_cast<int>(std::min_element(costs.begin(), costs.end()) - costs.begin());
}

std::vector<Indicator> look_at_all(const std::vector<View>& views, int first_cluster) {
  std::vector<Indicator> all;
  for (int row = 0; row < views.front().waves.rows(); ++row)
    for (const bool right : {false, true})
      all.push_back({row, right, look(views, row, right, (first_cluster + row) % kClusters)});
  return all;
}

struct Votes {
  std::array<float, kFactValues> weights{};
  std::array<int, kFactValues> counts{};

  void add(int value, float weight) {
    weights[static_cast<std::size_t>(value)] += weight;
    ++counts[static_cast<std::size_t>(value)];
  }
  /// The value with more than half the weight and two votes at least.
  std::optional<int> winner() const {
    float total = 0;
    for (const float w : weights) total += w;
    const auto best = std::max_element(weights.begin(), weights.end());
    const auto at = static_cast<std::size_t>(best - weights.begin());
    if (counts[at] < 2 || *best <= 0.5f * total) return std::nullopt;
    return static_cast<int>(at);
  }
};

}  // namespace

RowNumbers read_indicators(const std::vector<View>& views) {
  RowNumbers numbers;
  numbers.cluster = cluster_of_first(views);
  const std::vector<Indicator> all = look_at_all(views, numbers.cluster);
  const auto cluster = [&](const Indicator& i) { return (numbers.cluster + i.row) % kClusters; };
  // The number of the lattice's first row, by each indicator's own number.
  std::array<float, 2 * kReach + 1> firsts{};
  const auto first_by = [&](const Indicator& i) {
    return 3 * (i.match.value / 30) + cluster(i) - i.row;
  };
  for (const Indicator& i : all) {
    const int first = first_by(i);
    if (i.match.margin() >= kLeastMargin && std::abs(first) <= kReach)
      firsts[static_cast<std::size_t>(first + kReach)] += i.match.margin();
  }
  numbers.first =
      static_cast<int>(std::max_element(firsts.begin(), firsts.end()) - firsts.begin()) - kReach;

  std::array<Votes, kFacts> facts;
  for (const Indicator& i : all) {
    if (first_by(i) != numbers.first || i.match.margin() < kLeastMargin) continue;
    const int fact = (cluster(i) + (i.right ? 2 : 0)) % kFacts;
    facts[static_cast<std::size_t>(fact)].add(i.match.value % kFactValues, i.match.margin());
  }
  const auto rows = facts[0].winner();
  const auto level = facts[1].winner();
  const auto columns = facts[2].winner();
  if (!rows || !level) return numbers;
  const Shape shape{3 * *rows + *level % 3 + 1, views.front().waves.columns() - 4, *level / 3};
  if (columns && *columns + 1 != shape.columns) return numbers;
  if (shape.valid()) numbers.shape = shape;
  return numbers;
}

}  // namespace backstamp::vision::stacked
