// A face of the postal mix, from its print to the camera's picture.
#pragma once

#include <cstdint>

#include "datasets/synthesizer.h"

namespace backstamp::datasets {

/// synthesize_face of a request with `mailing`.
Result<SynthesizedFace> synthesize_mail(const FaceRequest& request, std::uint64_t seed);

}  // namespace backstamp::datasets
