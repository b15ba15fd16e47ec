// POSTNET and PLANET from soft bars.
#pragma once

#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// Decode a POSTNET (32, 52 or 62 bars) or a PLANET (62 or 72), either way up: tall bars are those
/// with an ascender, and no bar has a descender. Frame bars, every digit, the check digit and the
/// exact number of bars must hold. A short one proves little, so it is read only when every bar is
/// sure and nothing stands beside it; a long one may have a bar that the picture leaves in doubt.
Attempt read_postnet(const BarSequence& sequence);
Attempt read_planet(const BarSequence& sequence);

}  // namespace backstamp::vision::four_state
