// How far a character can be trusted.
#pragma once

#include <span>

namespace backstamp::vision {

/// How probably a character is wrong whose second likeliest reading leaves `margin` times the noise
/// more unexplained than the likeliest.
float doubt(float margin);

/// The median of margins, 0 of none.
float usual_margin(std::span<const float> margins);

}  // namespace backstamp::vision
