// Bar codes by the library, from an upright crop.
#pragma once

#include <optional>

#include "postal/symbology.h"
#include "vision/frame.h"
#include "vision/locate/geometry.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// How a box is cut out: grown by `margin` (face pixels) at its ends and resampled, one pixel of
/// the crop for 1/x_scale × 1/y_scale pixels of the face. A y_scale below one averages along the
/// bars.
struct CropOptions {
  Point margin;
  float x_scale = 1;
  float y_scale = 1;
};

/// The box upright. At most 4 megapixels; an empty frame when it would be more.
Frame cut_out(ImageView face, const OrientedBox& box, const CropOptions& options);

/// A symbol of one symbology in the box, across which the bars run (PDF417) or around it;
/// its outline on the face; rung "crop".
std::optional<Reading> read_crop(ImageView face, const OrientedBox& box,
                                 postal::Symbology symbology, const CropOptions& options);

}  // namespace backstamp::vision
