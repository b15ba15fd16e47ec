// The one form of an ES256 signature that is ours: r ‖ s with s in the lower half of its range.
#pragma once

#include <array>
#include <cstdint>

namespace backstamp::postal {

/// Puts n − s in the place of an s in the upper half. `signature` is r ‖ s with s below n.
void make_low_s(std::array<std::uint8_t, 64>& signature);

}  // namespace backstamp::postal
