#include "vision/stacked/classify.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace backstamp::vision::stacked {
namespace {

constexpr float kNoiseFloor = 0.25f;  // sum of squares that even a good match leaves

}  // namespace

float Match::margin() const {
  return std::log((second + kNoiseFloor) / (cost + kNoiseFloor));
}

namespace {

// Costs are whole numbers with room for a value beside them, so that the least cost brings its
// value along. A sample is off by two at most, 51 of them by 204 in squares: twenty bits.
using Cost = std::uint32_t;
constexpr int kValueBits = 10;
constexpr float kUnit = 4096;

/// What each module costs by its window.
using ModuleCosts = std::array<std::array<Cost, 8>, kWordModules>;

ModuleCosts module_costs(const Waveform& wave, const Model& model) {
  ModuleCosts costs;
  for (std::size_t m = 0; m < kWordModules; ++m) {
    std::array<float, 8> sums{};
    for (std::size_t p = 0; p < kPhases; ++p) {
      for (std::size_t w = 0; w < 8; ++w) {
        const float off = wave[m * kPhases + p] - model[p][w];
        sums[w] += off * off;
      }
    }
    for (std::size_t w = 0; w < 8; ++w) {
      const auto cost = static_cast<std::int32_t>(sums[w] * kUnit);
      costs[m][w] = static_cast<Cost>(cost) << kValueBits;
    }
  }
  return costs;
}

/// Sums for all ways to go on by one module: `count` is that of the ways so far, from 4.
void grow(const Cost* sums, Cost* grown, std::size_t count, const std::array<Cost, 8>& costs) {
  for (std::size_t i = 0; i < count; i += 4)
    for (std::size_t k = 0; k < 8; ++k) grown[2 * i + k] = sums[i + k / 2] + costs[k];
}

/// Goes on by the modules from `from` to before `to`, there and back between two tables.
template <std::size_t kSize>
void grow_to(std::array<std::array<Cost, kSize>, 2>& tables, const ModuleCosts& costs,
             std::size_t from, std::size_t to) {
  std::size_t full = 0;
  for (std::size_t m = from, count = 4; m < to; ++m, count *= 2) {
    grow(tables[full].data(), tables[1 - full].data(), count, costs[m]);
    full = 1 - full;
  }
}

/// Costs of modules 0 … 7, by modules 1 … 8. Module 0 is dark, the one before it light.
struct FirstHalf {
  explicit FirstHalf(const ModuleCosts& costs) {
    for (std::size_t i = 0; i < 4; ++i)
      tables[0][i] = costs[0][0b010 | i / 2] + costs[1][0b100 | i];
    grow_to(tables, costs, 2, 8);
  }
  /// Six steps end in the first table.
  const std::array<Cost, 256>& sums() const { return tables[0]; }

  std::array<std::array<Cost, 256>, 2> tables;
};

/// Costs of modules 8 … 16, by modules 7 … 15. Module 16 is light, the one behind it dark.
struct SecondHalf {
  explicit SecondHalf(const ModuleCosts& costs) {
    std::fill_n(tables[0].begin(), 4, Cost{0});
    grow_to(tables, costs, 8, 15);
    std::array<Cost, 4> tail;
    for (std::size_t i = 0; i < 4; ++i) tail[i] = costs[15][i << 1] + costs[16][(i << 2 & 4u) | 1u];
    for (std::size_t i = 0; i < tables[1].size(); i += 4)
      for (std::size_t k = 0; k < 4; ++k) tables[1][i + k] += tail[k];
  }
  /// Seven steps end in the second table.
  const std::array<Cost, 512>& sums() const { return tables[1]; }

  std::array<std::array<Cost, 512>, 2> tables;
};

/// The least cost of modules 8 … 15, whatever they are.
Cost least_second_half(const ModuleCosts& costs) {
  // By the last two modules.
  std::array<Cost, 4> least{};
  for (std::size_t m = 8; m < 16; ++m) {
    std::array<Cost, 4> next;
    for (std::size_t i = 0; i < 4; ++i)
      next[i] = std::min(least[i / 2] + costs[m][i], least[2 + i / 2] + costs[m][4 | i]);
    least = next;
  }
  return *std::min_element(least.begin(), least.end());
}

/// A cluster's patterns, those together that are alike in modules 1 … 8.
struct Grouped {
  struct Member {
    std::uint16_t second;  // modules 7 … 15
    std::uint16_t value;
  };
  std::array<Member, kField> members{};
  std::array<std::uint16_t, 257> begins{};  // by modules 1 … 8
};

Grouped grouped(int cluster) {
  const PatternTable& table = inner_modules(cluster);
  Grouped out;
  for (const std::uint16_t inner : table) ++out.begins[static_cast<std::size_t>(inner >> 7) + 1];
  for (std::size_t i = 1; i < out.begins.size(); ++i)
    out.begins[i] = static_cast<std::uint16_t>(out.begins[i] + out.begins[i - 1]);
  auto ends = out.begins;
  for (std::uint16_t v = 0; v < kField; ++v)
    out.members[ends[static_cast<std::size_t>(table[v] >> 7)]++] = {
        static_cast<std::uint16_t>(table[v] & 511u), v};
  return out;
}

const Grouped& groups_of(int cluster) {
  static const std::array<Grouped, kClusters> all{grouped(0), grouped(1), grouped(2)};
  return all[static_cast<std::size_t>(cluster)];
}

}  // namespace

Match classify(const Waveform& wave, const Model& model, int cluster) {
  const ModuleCosts costs = module_costs(wave, model);
  const FirstHalf first_half(costs);
  const SecondHalf second_half(costs);
  const auto& first = first_half.sums();
  const auto& second = second_half.sums();
  const Cost least = least_second_half(costs);
  const Grouped& groups = groups_of(cluster);
  Cost best = ~Cost{0};
  Cost next = ~Cost{0};
  const auto look = [&](std::size_t group) {
    for (std::size_t i = groups.begins[group]; i < groups.begins[group + 1]; ++i) {
      const Grouped::Member member = groups.members[i];
      const Cost cost = first[group] + second[member.second] + member.value;
      next = std::min(next, std::max(best, cost));
      best = std::min(best, cost);
    }
  };
  // Begun with the likeliest group, most others cannot come second.
  std::size_t likeliest = 0;
  Cost least_first = ~Cost{0};
  for (std::size_t group = 0; group < first.size(); ++group) {
    if (first[group] >= least_first || groups.begins[group + 1] < groups.begins[group] + 2)
      continue;
    least_first = first[group];
    likeliest = group;
  }
  look(likeliest);
  for (std::size_t group = 0; group < first.size(); ++group)
    if (group != likeliest && first[group] + least < next) look(group);
  const auto value = static_cast<std::uint16_t>(best & ((1u << kValueBits) - 1));
  return {value, static_cast<float>(best >> kValueBits) / kUnit,
          static_cast<float>(next >> kValueBits) / kUnit};
}

Match classify(const std::vector<View>& views, int row, int column, int cluster) {
  Match best;
  for (const View& view : views) {
    const Match match = classify(view.waves.at(row, column), view.model, cluster);
    if (&view == &views.front() || match.margin() > best.margin()) best = match;
  }
  return best;
}

}  // namespace backstamp::vision::stacked
