// Royal Mail's 4-State Customer Code from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decodes an RM4SCC of 5 to 12 characters, either way up. Start, stop, the two-of-four of every
/// character and the check character must hold; bars are repaired only where the content is then a
/// UK postcode, with or without a delivery point suffix, and no other is near.
Attempt read_rm4scc(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
