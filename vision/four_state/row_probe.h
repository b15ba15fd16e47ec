// A cheap first look at a row: what it costs to throw text, matrix codes and hatching away.
#pragma once

#include "vision/four_state/bar_rows.h"
#include "vision/frame.h"

namespace backstamp::vision::four_state {

/// What a few lines along a row tell.
struct RowProbe {
  /// 0..1: the share of the energy that keeps step from each bar to the next, in the best stretches
  /// that together hold the bars asked for. Near 1 for bars, less for text; noise takes from it.
  float coherence = 0;
  /// Strength of the waves more than three pitches above and below the row, against the row's own:
  /// 0 for a row of bars that stands alone, 1 inside a texture. The larger of the two sides, and
  /// the smaller.
  float surround = 0;
  float quieter_side = 0;
  /// From the row's line to where the waves are strongest, in pitches, downwards.
  float offset = 0;
  /// Strength of the waves within a pitch above and below the row against its own: bars have some,
  /// the stairs of a slanting edge none.
  float height = 0;
};

/// Below `least_coherence` the sides are not looked at.
RowProbe probe_row(ImageView face, const BarRow& row, int min_bars, float least_coherence);

}  // namespace backstamp::vision::four_state
