// Reading a matrix code whose place is roughly known: fit the grid, sample it, redraw it clean.
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/ladder/effort.h"
#include "vision/locate/geometry.h"
#include "vision/reader.h"
#include "vision/reading.h"
#include "vision/repair.h"

namespace backstamp::vision {

struct MatrixResult {
  std::optional<Reading> reading;  ///< rung "grid" or "grid-strokes"
  /// When unread but plainly a symbol: by its fixed pattern, or (looks_like empty) by its grid.
  std::optional<Candidate> candidate;
};

/// Tries the Data Matrix, QR and Aztec sizes that fit the box, in all four directions. Edges may be
/// off by three modules, the direction of a square one by eight degrees, of others by less. Steps
/// that `effort` does not allow are left out. Reentrant.
MatrixResult read_matrix(ImageView face, const OrientedBox& box, Formats formats, Effort& effort,
                         const RepairLimits& limits = {});

}  // namespace backstamp::vision
