// From a rough row to the place of every bar: the line through the trackers and the phase along it.
#pragma once

#include <optional>
#include <vector>

#include "vision/four_state/bar_rows.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// Where each bar is, or would be: the track runs on for some pitches past both ends of the symbol.
struct BarTrack {
  std::vector<Point> centres;  ///< tracker centres from left to right, pixels of the face
  Point along;                 ///< unit vector of the row, to the right
  Point axis;                  ///< downwards along the bars: unit normal of the row plus their lean
  float pitch_px = 0;          ///< mean distance of neighbouring centres
  float coherence = 0;         ///< 0..1: how purely the row repeats at the pitch
};

/// Follows the bars of a row. None when it is not periodic enough over `min_bars` bars.
std::optional<BarTrack> track_bars(ImageView face, const BarRow& row, int min_bars);

}  // namespace backstamp::vision::four_state
