// Reading a PDF417 whose place is roughly known (ISO/IEC 15438).
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/ladder/effort.h"
#include "vision/locate/geometry.h"
#include "vision/reading.h"
#include "vision/stacked/words.h"

namespace backstamp::vision {

struct StackedResult {
  std::optional<Reading> reading;  ///< rung "pdf417"
  /// When unread but with a start and a stop pattern; score 1 when the row indicators agree on the
  /// symbol's shape, then another box would not help.
  std::optional<Candidate> candidate;
};

/// Reads the symbol whose rows run along the box's x axis, either way. The box's edges may be off
/// by many pixels (a fifth of its width at either end), its direction by a degree or two. Truncated
/// symbols and MicroPDF417 are not read; of Macro PDF417 the content without its control block.
/// Steps that `effort` does not allow are left out. Reentrant.
///
/// What proves a reading: both ends, at least four row indicators that agree on rows, columns and
/// level, `spare` check words beyond those that correction took, and the length word. Six tries of
/// decode_words at most, so random words between true indicators pass with a probability below
/// 42 · 929^(-spare - 1): with two, one in nineteen million.
StackedResult read_pdf417(ImageView face, const OrientedBox& box, Effort& effort,
                          int spare = stacked::kSpareWords);

}  // namespace backstamp::vision
