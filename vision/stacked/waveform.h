// What the words of a lattice look like, and what their modules should look like.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "vision/frame.h"
#include "vision/stacked/lattice.h"
#include "vision/stacked/patterns.h"

namespace backstamp::vision::stacked {

inline constexpr int kPhases = 3;  ///< samples a module
inline constexpr int kWordSamples = kWordModules * kPhases;

/// Darkness of a word's modules: about 0 light, 1 dark, as far as blur lets them get there.
using Waveform = std::array<float, kWordSamples>;

/// What a module looks like, by itself and its two neighbours (left, itself, right: dark 1, the
/// left one the highest bit) and by the place in it, which comes first. Blur, smear and ink spread
/// are all in here.
using Model = std::array<std::array<float, 8>, kPhases>;

/// How the lines through a row are put together: by their mean, or by the next to lightest or
/// darkest of them, which a stroke across dark ink or a streak without any hardly touches; or by
/// the mean of those above or below the middle, where only that part is free or the row lies askew.
enum class Blend { mean, light, dark, upper, lower };

/// All words of a lattice as they were seen.
class Waveforms {
 public:
  /// `shifts`, when there are any, say by how many samples each word lies further along its row.
  Waveforms(ImageView face, const Lattice& lattice, Blend blend,
            const std::vector<float>& shifts = {});

  int rows() const { return rows_; }
  int columns() const { return columns_; }  ///< as the lattice's: start and stop pattern included
  const Waveform& at(int row, int column) const { return waves_[index(row, column)]; }
  /// Grey levels between light and dark at a word.
  float contrast(int row, int column) const { return contrasts_[index(row, column)]; }
  float mean_contrast() const;

  std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row * columns_ + column);
  }

 private:
  void sample_row(ImageView face, const Lattice& lattice, Blend blend, int row,
                  const std::vector<float>& shifts);
  void level();

  int rows_ = 0;
  int columns_ = 0;
  std::vector<Waveform> waves_;
  std::vector<float> contrasts_;
};

/// The model by the start and stop patterns of those rows that have them.
Model learn_from_ends(const Waveforms& waves);

/// A lattice seen in one way, and the model that belongs to it.
struct View {
  Waveforms waves;
  Model model;
};

/// What the model expects to see of a pattern.
Waveform expected(const Model& model, std::uint32_t bits);

}  // namespace backstamp::vision::stacked
