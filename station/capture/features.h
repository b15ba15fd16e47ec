// Features of a camera: set in order, read back, and believed only then.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// Whether what was read back is what was wanted. Whole numbers and names must be the same; a
/// number with a fraction may differ by 1 %, since cameras round to their own steps; true is 1.
bool same_value(std::string_view wanted, std::string_view read);

/// Sets each and reads it back at once; at the end reads back again those that are set once, since
/// a feature may change one that was set before it. Fails: refused (which one, what was wanted,
/// what it is), or as the driver does.
Result<void> apply_features(Driver& driver,
                            const std::vector<std::pair<std::string, std::string>>& features);

}  // namespace backstamp::station::capture
