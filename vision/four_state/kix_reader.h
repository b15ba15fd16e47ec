// PostNL's KIX from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decodes a KIX, either way up. A KIX has no check and no ends, so everything must be sure: bars
/// that stand alone between quiet places, two of four in every character, a Dutch address
/// (postcode, house number, X with an addition) one way up, and nothing near it in any other
/// reading.
Attempt read_kix(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
