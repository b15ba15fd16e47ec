// Japan Post's customer barcode from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decodes a Japan Post code of 67 bars, either way up. Start, stop, a postcode of 7 digits, every
/// character and the check character must hold; only half-bars that the picture leaves in doubt are
/// repaired, and only where no other content is near.
Attempt read_japan_post(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
