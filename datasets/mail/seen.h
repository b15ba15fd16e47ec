// What the camera makes of a face.
#pragma once

#include <array>

#include "datasets/mail/conditions.h"
#include "datasets/synthesizer/camera.h"
#include "datasets/synthesizer/plane.h"
#include "vision/frame.h"

namespace backstamp::datasets {

/// Moves the face onto the belt, sampled so that edges stay as sharp as they were (cubic
/// convolution), and under the lamp: `tones` gives what each level becomes.
Plane carry_sharply(const Plane& face, const Transport& transport, int belt_level,
                    const std::array<std::uint8_t, 256>& tones);

/// What JPEG of this quality (1 to 100) leaves of a picture: its blocks transformed, quantised and
/// transformed back (ITU-T T.81, luminance table of annex K.1).
void leave_jpeg_traces(vision::Frame& picture, int quality);

}  // namespace backstamp::datasets
