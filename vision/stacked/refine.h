// A second look at a symbol, led by what the first one is sure of.
#pragma once

#include "vision/frame.h"
#include "vision/stacked/indicators.h"
#include "vision/stacked/lattice.h"
#include "vision/stacked/waveform.h"

namespace backstamp::vision::stacked {

/// Moves each word along its row to where the words around it fit best, samples anew, and learns
/// the model from all words that are likely right.
void refine(ImageView face, const Lattice& lattice, const RowNumbers& numbers, Waveforms& waves,
            Model& model);

}  // namespace backstamp::vision::stacked
