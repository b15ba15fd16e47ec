// The cells of a matrix symbol that are the same in every symbol of its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "postal/symbology.h"

namespace backstamp::vision {

/// A symbol's size and its fixed cells, the symbol upright. Cells lie at (column + 0.5, row + 0.5);
/// quiet-zone cells have coordinates outside 0..columns-1.
struct FixedPattern {
  struct Cell {
    std::int16_t column;
    std::int16_t row;
    bool dark;
  };
  postal::Symbology symbology = postal::Symbology::data_matrix;
  int columns = 0;
  int rows = 0;
  std::vector<Cell> cells;
  /// The centres of the same cells for looking at many together: the first `darks` are dark. Both
  /// kinds are filled up to whole blocks of kCellBlock by repeating cells.
  std::vector<float> u, v;
  std::size_t darks = 0;
};

/// As many cells as the widest vector unit looks at together.
inline constexpr std::size_t kCellBlock = 16;

/// The pattern of a Data Matrix ECC 200 (ISO/IEC 16022), QR Code (ISO/IEC 18004) or Aztec
/// (ISO/IEC 24778) of that size; an empty one when there is no such size.
const FixedPattern& fixed_pattern(postal::Symbology symbology, int columns, int rows);

/// Aztecs of up to so many modules a side are taken for compact ones; full ones of those sizes are
/// never made.
inline constexpr int kLargestCompactAztec = 27;

/// The sizes (columns, rows) of a symbology.
const std::vector<std::pair<int, int>>& sizes_of(postal::Symbology symbology);

}  // namespace backstamp::vision
