// A symbol and its surroundings straightened, several samples a module.
#pragma once

#include <cstddef>
#include <vector>

#include "vision/frame.h"
#include "vision/grid/pattern.h"
#include "vision/reading.h"

namespace backstamp::vision {

inline constexpr int kFine = 4;    // samples a module, each way
inline constexpr int kAround = 3;  // modules around the symbol that are looked at, too

/// Samples lie column after column, so that what runs along a column is looked at together.
struct Patch {
  int columns = 0;  ///< modules, those around included
  int rows = 0;
  std::vector<float> paper{};   ///< brightness by sample: 1 that of paper there, 0 that of all ink
  std::vector<float> lights{};  ///< by module: 1 must be light, 0 must be dark, 0.5 unknown
  float print = 0;              ///< what the symbol's own print has of paper's 1
  float black = 0;              ///< grey levels of all ink
  float white = 0;              ///< and of paper, on the average

  std::size_t height() const { return static_cast<std::size_t>(rows * kFine); }
  const float* sample_column(int x) const {
    return paper.data() + static_cast<std::size_t>(x) * height();
  }
  float light_cell(int column, int row) const {
    return lights[static_cast<std::size_t>(column * rows + row)];
  }
};

/// Straightens the symbol that lies at these corners.
Patch straighten(ImageView face, const FixedPattern& pattern, const Quad& corners);

/// The same with rows as columns and columns as rows.
Patch transposed(const Patch& patch);

}  // namespace backstamp::vision
