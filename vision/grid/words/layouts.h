// The layouts by symbology. Modules as in words.h.
#pragma once

#include <optional>
#include <span>

#include "vision/grid/words/words.h"

namespace backstamp::vision {

/// ISO/IEC 16022 annex F and table 7, ISO/IEC 21471 (DMRE); not 144 × 144, whose last blocks
/// encoders disagree about.
std::optional<WordLayout> data_matrix_layout(int columns, int rows);

/// ISO/IEC 24778. The mode message must agree with the size.
std::optional<WordLayout> aztec_layout(int size, std::span<const float> soft);

/// ISO/IEC 18004 (model 2).
std::optional<WordLayout> qr_layout(int size, std::span<const float> soft);

}  // namespace backstamp::vision
