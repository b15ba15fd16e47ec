// A straightened strip of the face around a row of bars, taken apart into its wave at the pitch.
#pragma once

#include <complex>
#include <vector>

#include "vision/four_state/bar_rows.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// One cell is one pitch along and a quarter of a pitch across. `wave` is the cell's Fourier
/// component at one cycle a pitch (of darkness), `energy` its variance times its samples.
struct StripWaves {
  static constexpr int kSamplesPerCell = 8;
  static constexpr int kRowsPerPitch = 4;
  static constexpr int kRows = 33;  ///< from −4 to +4 pitches across
  static constexpr int kMaxCells = 256;

  Point origin;  ///< on the face: left end, middle row
  Point along;   ///< unit vector to the right
  Point across;  ///< unit vector downwards
  float pitch_px = 0;
  int cells = 0;
  std::vector<std::complex<float>> wave;  ///< [row × cells + cell]
  std::vector<float> energy;

  std::size_t at(int row, int cell) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(cells) +
           static_cast<std::size_t>(cell);
  }
  /// A row's distance from the middle, in pitches.
  static float across_of(int row) {
    return static_cast<float>(row - kRows / 2) / static_cast<float>(kRowsPerPitch);
  }
};

/// The strip runs `margin_cells` past both ends of the row; places off the face repeat its edge.
StripWaves sample_strip(ImageView face, const BarRow& row, int margin_cells);

/// One line: from the left edge of the first cell, `step` from each of its samples to the next.
/// `wave` and `energy` have `cells` places, at most kMaxCells.
void sample_waves(ImageView face, Point from, Point step, int cells, std::complex<float>* wave,
                  float* energy);

}  // namespace backstamp::vision::four_state
