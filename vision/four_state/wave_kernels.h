// The loops over every sample along a row and along its bars, on whatever vector unit there is.
#pragma once

#include <cstdint>
#include <limits>

#include "vision/frame.h"

namespace backstamp::vision::four_state {

/// One cell is one pitch along. Room for its Fourier component at one cycle a pitch, of darkness:
/// its peak is where the bar is; and for its variance times its samples.
struct CellWaves {
  static constexpr int kSamples = 8;  ///< in a cell

  float* re = nullptr;
  float* im = nullptr;
  float* energy = nullptr;
};

/// Nearest pixels from (x, y) in steps of (dx, dy); 16 bits of fraction.
struct FixedLine {
  std::int32_t x = 0;
  std::int32_t y = 0;
  std::int32_t dx = 0;
  std::int32_t dy = 0;
};

/// Are all places of a face within what the numbers of a fixed line and of its pixels can say?
inline bool suits_fixed_lines(ImageView face) {
  constexpr std::int32_t kMost = 32767;
  return face.width_px > 0 && face.height_px > 0 && face.width_px <= kMost &&
         face.height_px <= kMost &&
         face.stride_bytes <= std::numeric_limits<std::int32_t>::max() / face.height_px;
}

/// Waves of `cells` cells along a line that keeps three columns from the right side of the face.
/// False, and nothing done, when the vector unit takes more cells than that at once.
bool sample_cells(ImageView face, const FixedLine& line, int cells, const CellWaves& out);

/// Cells over which a wave must keep step.
inline constexpr int kCellsPerWindow = 8;

/// Of each window of cells: how much of its wave keeps step from each cell to the next, and its
/// energy. Reads one place past the last cell.
void measure_step(const CellWaves& waves, int windows, float* step, float* energy);

/// Adds `weight` × the greys at `count` places of a line to `out`, each between four pixels (their
/// centres at whole numbers). The line keeps four columns from the right side of the face and one
/// from below; `out` has room for `count` + kMorePlaces, which are read and written back. False,
/// and nothing done, when there is no vector unit.
bool add_greys(ImageView face, const FixedLine& line, int count, float weight, float* out);
inline constexpr int kMorePlaces = 16;

}  // namespace backstamp::vision::four_state
