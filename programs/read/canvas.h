// Drawing over a face, in grey: outlines, numbers, other pictures.
#pragma once

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::programs {

/// How a line is drawn.
struct Stroke {
  int thickness_px = 3;
  int dash_px = 0;  ///< length of dashes and of the gaps between them; 0: solid
  std::uint8_t grey = 0;
};

/// A picture to draw on; what lies outside of it is left out. Thread-bound.
class Canvas {
 public:
  /// A blank one.
  Canvas(int width_px, int height_px, std::uint8_t grey = 255);
  static Canvas copy_of(vision::ImageView picture);
  /// The face, paler than it is, so that what is drawn over it stands out.
  explicit Canvas(vision::ImageView face);

  void line(vision::Point from, vision::Point to, Stroke stroke);
  /// The four sides.
  void outline(const vision::Quad& quad, Stroke stroke);
  void fill(int left, int top, int width, int height, std::uint8_t grey);
  void dot(int x, int y, std::uint8_t grey);
  /// A number of up to three digits, 0 to 999, in a white field that begins at (left, top).
  void number(int left, int top, int value, int scale = 4);
  /// Another picture, each of its pixels `times` × `times` of this one.
  void paste(vision::ImageView picture, int left, int top, int times = 1);

  vision::ImageView view() const& { return frame_.view(); }
  int width_px() const { return frame_.width_px(); }
  int height_px() const { return frame_.height_px(); }

 private:
  vision::Frame frame_;
};

}  // namespace backstamp::programs
