// Bars as soft values: what every 4-state symbology is decoded from.
#pragma once

#include <optional>
#include <vector>

#include "vision/four_state/bar_track.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// One place of the track. A half-bar's value is about +1 when it is printed and −1 when it is
/// not; 0 is undecided, and the distance from 0 is how sure it is.
struct Bar {
  Point centre;         ///< of its tracker, pixels of the face
  float presence = 0;   ///< darkness of the tracker, 1 as the typical bar, 0 as the paper
  float ascender = 0;   ///< the half-bar above, as it stands in the picture
  float descender = 0;  ///< the half-bar below
};

/// Bars from left to right as they stand in the picture; a symbol may be upside down.
struct BarSequence {
  std::vector<Bar> bars;  ///< the run of present bars and some places past each end
  int first = 0;          ///< the run of present bars: first …
  int last = -1;          ///< … and last, inclusive
  float pitch_px = 0;
  float contrast = 0;  ///< 0..1: bar against space
  Point up;            ///< from a tracker centre to the top of an ascender
  Point down;          ///< from a tracker centre to the bottom of a descender
  /// 0..1: the track's coherence × the share of bars present in the run × the share of half-bars
  /// that are sure. Codes have 0.9, hard ones 0.6; rows of text that came so far mostly less.
  float clarity = 0;

  /// How much lighter (or, below 0, darker) the paper past each end of the run is than that between
  /// the bars beside it; 1 is as much as a bar is darker. A label over the symbol's end shows so.
  float step_before = 0;
  float step_after = 0;

  int run() const { return last - first + 1; }
};

/// Measures the bars of a track. None when they have not the shape of 4-state bars: no run of
/// `min_bars`, or heights that are none of tracker, ascender, descender and full.
std::optional<BarSequence> sample_bars(ImageView face, const BarTrack& track, int min_bars);

/// The corners of bars `from` to `to` as they stand in the picture, clockwise from the top-left.
Quad outline_of(const BarSequence& sequence, int from, int to);

}  // namespace backstamp::vision::four_state
