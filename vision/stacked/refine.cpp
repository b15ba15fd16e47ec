#include "vision/stacked/refine.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "vision/stacked/classify.h"

namespace backstamp::vision::stacked {
namespace {

constexpr float kLikely = 0.2f;  // margin of a word that is to be learned from
constexpr float kMostShift = 2;  // samples
constexpr float kPrior = 4;      // weight of "not moved at all"

/// What a place of the lattice most likely holds, and how sure that is.
struct Guess {
  std::uint32_t bits = 0;
  float margin = 0;
};

std::vector<Guess> guesses(const std::vector<View>& views, int first_cluster) {
  const Waveforms& waves = views.front().waves;
  std::vector<Guess> all(static_cast<std::size_t>(waves.rows() * waves.columns()));
  for (int row = 0; row < waves.rows(); ++row) {
    const int cluster = (first_cluster + row) % kClusters;
    for (int column = 0; column < waves.columns(); ++column) {
      Guess& guess = all[waves.index(row, column)];
      if (column == 0 || column == waves.columns() - 1) {
        guess = {column == 0 ? kStart : kStop >> 1, 2 * kLikely};
        continue;
      }
      const Match match = classify(views, row, column, cluster);
      guess = {pattern(cluster, match.value), match.margin()};
    }
  }
  return all;
}

/// How far a waveform lies to the right of what is expected, in samples, as sums for a mean.
struct Offset {
  float product = 0;
  float weight = 0;
};

Offset offset_of(const Waveform& wave, const Waveform& wanted) {
  Offset offset;
  for (std::size_t i = 1; i + 1 < wave.size(); ++i) {
    const float slope = (wanted[i + 1] - wanted[i - 1]) / 2;
    offset.product -= slope * (wave[i] - wanted[i]);
    offset.weight += slope * slope;
  }
  return offset;
}

}  // namespace

std::vector<float> better_places(const std::vector<View>& views, int first_cluster) {
  const Waveforms& waves = views.front().waves;
  const Model& model = views.front().model;
  const std::vector<Guess> before = guesses(views, first_cluster);
  std::vector<Offset> offsets(before.size());
  for (int row = 0; row < waves.rows(); ++row) {
    for (int column = 0; column < waves.columns(); ++column) {
      const std::size_t i = waves.index(row, column);
      if (before[i].margin < kLikely) continue;
      offsets[i] = offset_of(waves.at(row, column), expected(model, before[i].bits));
    }
  }
  std::vector<float> shifts(before.size());
  for (int row = 0; row < waves.rows(); ++row) {
    for (int column = 0; column < waves.columns(); ++column) {
      float product = 0;
      float weight = kPrior;
      for (int r = std::max(0, row - 1); r <= std::min(waves.rows() - 1, row + 1); ++r) {
        for (int c = std::max(0, column - 1); c <= std::min(waves.columns() - 1, column + 1); ++c) {
          const float near = (r == row ? 2.0f : 1.0f) * (c == column ? 2.0f : 1.0f);
          product += near * offsets[waves.index(r, c)].product;
          weight += near * offsets[waves.index(r, c)].weight;
        }
      }
      shifts[waves.index(row, column)] = std::clamp(product / weight, -kMostShift, kMostShift);
    }
  }
  return shifts;
}

}  // namespace backstamp::vision::stacked
