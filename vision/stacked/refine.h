// A second look at a symbol, led by what the first one is sure of.
#pragma once

#include <vector>

#include "vision/stacked/waveform.h"

namespace backstamp::vision::stacked {

/// By how many samples each word should move along its row, to where it and the words around it fit
/// what they most likely are.
std::vector<float> better_places(const std::vector<View>& views, int first_cluster);

}  // namespace backstamp::vision::stacked
