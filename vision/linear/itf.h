// Reading an Interleaved 2 of 5 of Deutsche Post in the looks at a box.
#pragma once

#include <string_view>

#include "vision/linear/box_looks.h"
#include "vision/linear/linear.h"

namespace backstamp::vision {

/// Looks for a Leitcode or an Identcode in the look just taken; what it finds goes into `attempt`.
Outlook read_itf(const BoxLooks& looks, std::size_t look, LinearAttempt& attempt);

/// Whether the last of some digits is the check digit of Deutsche Post: weights 4, 9, 4, … from the
/// right of the others; what lacks to the next ten.
bool has_post_check_digit(std::string_view digits);

}  // namespace backstamp::vision
