// The words of a lattice by how well each of the 929 patterns explains what was seen.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "vision/frame.h"
#include "vision/stacked/lattice.h"
#include "vision/stacked/patterns.h"
#include "vision/stacked/words.h"

namespace backstamp::vision::stacked {

inline constexpr int kPhases = 3;  ///< samples a module
inline constexpr int kWordSamples = kWordModules * kPhases;

/// Darkness of a word's modules: about 0 light, 1 dark, as far as blur lets them get there.
using Waveform = std::array<float, kWordSamples>;

/// What a module looks like, by itself and its two neighbours (left, itself, right: dark 1, the
/// left one the highest bit) and by the place in it, which comes first. Blur, smear and ink spread
/// are all in here.
using Model = std::array<std::array<float, 8>, kPhases>;

/// All words of a lattice as they were seen.
class Waveforms {
 public:
  Waveforms(ImageView face, const Lattice& lattice);

  int rows() const { return rows_; }
  int columns() const { return columns_; }  ///< as the lattice's: start and stop pattern included
  const Waveform& at(int row, int column) const { return waves_[index(row, column)]; }
  /// Grey levels between light and dark at a word.
  float contrast(int row, int column) const { return contrasts_[index(row, column)]; }
  float mean_contrast() const;

  /// Samples again, each word moved along its row by so many samples.
  void shift(ImageView face, const Lattice& lattice, const std::vector<float>& shifts);
  std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row * columns_ + column);
  }

 private:
  void sample(ImageView face, const Lattice& lattice, const std::vector<float>& shifts);
  void level();

  int rows_ = 0;
  int columns_ = 0;
  std::vector<Waveform> waves_;
  std::vector<float> contrasts_;
};

/// The model by the start and stop patterns of those rows that have them.
Model learn_from_ends(const Waveforms& waves);

/// The two values of a cluster that fit best.
struct Match {
  std::uint16_t value = 0;
  float cost = 0;    ///< sum of squares
  float second = 0;  ///< that of the best other value
  /// Logarithm of how much better the best one is; 0 for none.
  float margin() const;
};
Match classify(const Waveform& wave, const Model& model, int cluster);

/// What the model expects to see of a pattern.
Waveform expected(const Model& model, std::uint32_t bits);

}  // namespace backstamp::vision::stacked
