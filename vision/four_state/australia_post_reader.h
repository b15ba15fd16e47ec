// Australia Post's 4-state customer barcode from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decodes an Australia Post code of 37, 52 or 67 bars, either way up. Start, stop, a control code
/// that fits the number of bars and all fields must hold; what is wrong is repaired through
/// Reed-Solomon, the least sure symbols as erasures, as far as proof is left.
Attempt read_australia_post(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
