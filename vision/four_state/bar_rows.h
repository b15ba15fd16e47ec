// Where rows of evenly spaced bars lie on a face. Over-detects; the tracker judges.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// A straight line along which dark bars follow each other at an even pitch.
struct BarRow {
  Point from;          ///< left (or upper) end, pixels of the face, on or near the middle line
  Point to;            ///< right (or lower) end
  float pitch_px = 0;  ///< along the line, within about 5 %
  float score = 0;     ///< 0..1: how evenly the bars follow each other
};

/// At most this many rows are reported, best first: text gives a few, codes come first.
inline constexpr int kMaxBarRows = 24;

/// Rows of at least `min_bars` bars within 15 degrees of horizontal or vertical, pitch about 4 to
/// 30 px. `half` is the face at half scale.
std::vector<BarRow> find_bar_rows(ImageView face, ImageView half, int min_bars);

}  // namespace backstamp::vision::four_state
