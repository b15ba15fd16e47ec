// Where things stand on a face.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/random.h"
#include "datasets/synthesizer.h"
#include "datasets/synthesizer/plane.h"
#include "meter/drawing.h"

namespace backstamp::datasets {

struct FaceLayout {
  meter::FacePlan plan;           ///< symbols in the order of the request
  std::vector<Stroke> strokes;    ///< decoys that are no text
  std::optional<RectMm> address;  ///< the address with its code: where a window would be
  std::string decoys;             ///< comma-separated
};

/// Lays a face out. Fails (invalid): too many symbols or lines, or content that does not fit.
Result<FaceLayout> lay_out_face(const FaceRequest& request, Random& random);

}  // namespace backstamp::datasets
