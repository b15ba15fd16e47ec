// What a camera makes of the edge of a bar.
#pragma once

namespace backstamp::vision {

/// Share of the full darkness at `z` standard deviations of blur inside a bar: 0 far outside, 0.5
/// at the edge, 1 far inside (the normal distribution; motion blur on top of the lens's looks
/// nearly so).
float blurred_edge(float z);

}  // namespace backstamp::vision
