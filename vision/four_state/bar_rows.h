// Where rows of evenly spaced bars lie on a face. Over-detects; the tracker judges.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// A straight line along which dark bars follow each other at an even pitch.
struct BarRow {
  Point from;          ///< left end, pixels of the face, on or near the row's middle line
  Point to;            ///< right end
  float pitch_px = 0;  ///< along the line, within about 5 %
  float score = 0;     ///< 0..1: mean autocorrelation at the pitch
};

/// At most this many rows are reported, best first: text gives a few, codes come first.
inline constexpr int kMaxBarRows = 24;

/// Rows of at least `min_bars` bars within 15 degrees of horizontal, pitch about 4 to 30 px.
std::vector<BarRow> find_bar_rows(ImageView face, int min_bars);

}  // namespace backstamp::vision::four_state
