// A straightened strip of the face around a row of bars, taken apart into its wave at the pitch.
#pragma once

#include <vector>

#include "vision/four_state/bar_rows.h"
#include "vision/four_state/wave_kernels.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// One cell is one pitch along and a quarter of a pitch across; what is known of each is as in
/// CellWaves.
struct StripWaves {
  static constexpr int kSamplesPerCell = CellWaves::kSamples;
  static constexpr int kRowsPerPitch = 4;
  static constexpr int kRows = 33;  ///< from −4 to +4 pitches across
  static constexpr int kMaxCells = 256;

  Point origin;  ///< on the face: left end, middle row
  Point along;   ///< unit vector to the right
  Point across;  ///< unit vector downwards
  float pitch_px = 0;
  int cells = 0;
  std::vector<float> re, im, energy;  ///< [row × cells + cell]

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

/// One line: from the left edge of the first cell, `step` from each of its samples to the next; at
/// most kMaxCells cells.
void sample_waves(ImageView face, Point from, Point step, int cells, const CellWaves& out);

}  // namespace backstamp::vision::four_state
