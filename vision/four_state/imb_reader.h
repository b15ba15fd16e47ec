// The Intelligent Mail barcode from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decodes an IMb, either way up. Accepts only what USPS-B-3200 proves (valid characters, J even,
/// ranges, CRC-11). Wrong bars are repaired when exactly one content is found among the likeliest
/// fillings of the least sure half-bars (at most 6 bars) and the changes of a single bar; not at
/// all when much of the picture is unsure.
Attempt read_imb(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
