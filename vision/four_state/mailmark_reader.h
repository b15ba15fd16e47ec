// The Royal Mail Mailmark, barcodes C and L, from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decodes a Mailmark, either way up. Every symbol is taken for the likeliest of its parity; the
/// least sure ones are given to Reed-Solomon as erasures, step by step. Accepts the content nearest
/// to the picture when it stands alone and its proof is left (see the limits in the source).
Attempt read_mailmark(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
