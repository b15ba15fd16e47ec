// Parts of faces on small pictures for a page.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "programs/read/canvas.h"
#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::pictures {

/// A window on a face, at any angle and scale.
struct Window {
  vision::Point origin;  ///< on the face, of the picture's top left
  vision::Point along;   ///< unit vector of the picture's x axis
  float face_px = 1;     ///< pixels of the face a pixel of the picture
  int width_px = 0;
  int height_px = 0;

  vision::Point picture_from_face(vision::Point p) const;
  vision::Point face_from_picture(vision::Point p) const;
};

/// The window around a quadrilateral whose first side is to run along the picture's rows, with so
/// much of the face beside it, in a picture of that width.
Window window_around(const vision::Quad& quad, float margin_px, int width_px);

/// What is seen in it, its greys stretched from black to white.
vision::Frame seen_through(vision::ImageView face, const Window& window);

/// The picture reduced by a whole number.
vision::Frame reduced(vision::ImageView picture, int times);

/// Writes a picture in sixteen greys, which packs several times smaller than a camera's noise.
Result<void> write_sheet(vision::ImageView picture, const std::filesystem::path& file);

}  // namespace backstamp::pictures
