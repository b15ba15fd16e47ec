// From a printed face to what a camera over a belt sees of it.
#pragma once

#include <vector>

#include "datasets/synthesizer/conditions.h"
#include "datasets/synthesizer/plane.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::datasets {

/// Where points of the face come to lie on the picture, and back. Pixels on both sides, in the
/// convention of vision/frame.h.
class Transport {
 public:
  Transport(int face_width_px, int face_height_px, const Conditions& conditions, double px_per_mm,
            Random& random);

  int width_px() const { return width_px_; }
  int height_px() const { return height_px_; }
  vision::Point picture_from_face(double x_px, double y_px) const;
  /// The mean of how much longer a line gets.
  double scale() const { return 1 + stretch_ / 2; }

  struct FacePoint {
    double x_px;
    double y_px;
  };
  FacePoint face_from_picture(double x_px, double y_px) const;

 private:
  double shake_px(double x_px) const;
  void forward(double x_px, double y_px, double& out_x, double& out_y) const;

  double centre_x_, centre_y_, cosine_, sine_, stretch_, perspective_;
  double face_height_px_;
  double shift_x_ = 0, shift_y_ = 0;
  int width_px_ = 0, height_px_ = 0;
  std::vector<double> shake_;  // displacement along the belt at every 16th column
};

/// Moves the face onto the belt (resampling bilinearly).
Plane carry(const Plane& face, const Transport& transport, const Conditions& conditions);

/// Blur, light and noise.
vision::Frame expose(const Plane& scene, const Conditions& conditions, double px_per_mm,
                     Random& random);

}  // namespace backstamp::datasets
