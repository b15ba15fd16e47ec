// What the row indicators of a lattice agree upon.
#pragma once

#include <optional>

#include "vision/stacked/waveform.h"
#include "vision/stacked/words.h"

namespace backstamp::vision::stacked {

/// Which row of the symbol each row of a lattice is.
struct RowNumbers {
  int cluster = 0;  ///< of the lattice's first row; they follow one another: 0, 1, 2, 0, …
  int first = 0;    ///< number of the lattice's first row; below 0 when it is above the symbol
  std::optional<Shape> shape;  ///< when enough indicators agree on it
};

/// By a vote of all indicators, each with its margin: the clusters first, then the numbers, then
/// the shape. A shape needs two indicators for each of its facts, more than half the votes, and
/// the lattice's number of columns.
RowNumbers read_indicators(const std::vector<View>& views);

}  // namespace backstamp::vision::stacked
