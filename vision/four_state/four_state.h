// Reading 4-state postal codes from a whole face: locate, sample, decode. Our own, no library.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/ladder/effort.h"
#include "vision/reader.h"
#include "vision/reading.h"
#include "vision/repair.h"

namespace backstamp::vision {

/// What looking for 4-state codes gave.
struct FourStateResult {
  std::vector<Reading> readings;  ///< proved by their check code; rung "imb", "mailmark", …
  std::vector<Candidate> unread;  ///< bar rows of the right shape that no check code proved
};

/// Finds and reads every 4-state code of the symbologies in `formats` on a face, the right way up,
/// upside down or on either side, with up to 15 degrees of skew, pitch 4 to 30 px. Outlines are in
/// pixels of `face`, in the symbol's own order. Rows that `effort` does not allow are left out. A
/// pure function; reentrant.
FourStateResult read_four_state(ImageView face, Formats formats, Effort& effort,
                                const RepairLimits& limits = {});

/// The same, when the face at half scale (`halved` of vision/locate/tiles.h) is there already.
FourStateResult read_four_state(ImageView face, ImageView half, Formats formats, Effort& effort,
                                const RepairLimits& limits = {});

}  // namespace backstamp::vision
