// What is on mail besides codes, and what may look like one.
#pragma once

#include "datasets/synthesizer/layout.h"

namespace backstamp::datasets {

/// Fills `place` with one decoy: prose, ruled lines, hatching, a fence of equal bars, or a square
/// of random modules (`nasty` ones only on faces without symbols).
void add_decoy(FaceLayout& layout, const RectMm& place, bool nasty, Random& random);

}  // namespace backstamp::datasets
