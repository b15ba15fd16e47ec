// Where brightness changes much along a row of a picture.
#pragma once

#include <cstdint>

#include "vision/frame.h"

namespace backstamp::vision {

/// A part of a picture's row: from `left` to before `right` every `step`th pixel, begun with
/// `first`. It keeps a pixel away from the picture's edges.
struct SparseRow {
  int y, left, right, first, step;
};

/// The columns of the row's pixels where the square of the gradient (differences of the neighbours
/// on both sides) is at least `least`, 1 to 65,535. `columns` has room for all of the row's pixels.
/// Returns how many there are.
int strong_edges(ImageView picture, const SparseRow& row, int least, std::uint16_t* columns);

}  // namespace backstamp::vision
