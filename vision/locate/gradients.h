// How brightness changes, at many places of a picture at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

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

/// Sobel's gradient over 3 × 3 pixels, the sum of its eight weights.
struct Gradient {
  std::int32_t x, y;
};

/// Gradients at places that keep a pixel away from the picture's edges, by their offsets in bytes
/// from `origin`, a pixel of the picture. `out` is as long as `offsets`.
void gradients_at(const std::uint8_t* origin, std::ptrdiff_t stride_bytes,
                  std::span<const std::int32_t> offsets, Gradient* out);

}  // namespace backstamp::vision
