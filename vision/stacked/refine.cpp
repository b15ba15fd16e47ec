#include "vision/stacked/refine.h"

#include <algorithm>
#include <cstddef>
#include <vector>

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

std::vector<Guess> guesses(const Waveforms& waves, const Model& model, const RowNumbers& numbers) {
  std::vector<Guess> all(static_cast<std::size_t>(waves.rows() * waves.columns()));
  for (int row = 0; row < waves.rows(); ++row) {
    const int cluster = (numbers.cluster + row) % kClusters;
    for (int column = 0; column < waves.columns(); ++column) {
      Guess& guess = all[waves.index(row, column)];
      if (column == 0 || column == waves.columns() - 1) {
        guess = {column == 0 ? kStart : kStop >> 1, 2 * kLikely};
        continue;
      }
      const Match match = classify(waves.at(row, column), model, cluster);
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

void refine(ImageView face, const Lattice& lattice, const RowNumbers& numbers, Waveforms& waves,
            Model& model) {
  const std::vector<Guess> before = guesses(waves, model, numbers);
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
  waves.shift(face, lattice, shifts);
  model = learn_from_ends(waves);
}

}  // namespace backstamp::vision::stacked
