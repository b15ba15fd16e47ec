// Pieces of one symbol put together.
#pragma once

#include <vector>

#include "vision/locate/regions.h"

namespace backstamp::vision {

/// Boxes around runs of regions that lie in one line, as the columns of a PDF417 or the parts of a
/// linear code under a smear do: the same direction, the same height, little between them. Only
/// runs of two or more; the regions themselves stay as they are.
std::vector<Region> joined_regions(const std::vector<Region>& regions);

}  // namespace backstamp::vision
