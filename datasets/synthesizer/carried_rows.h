// The rows of a picture and where they lie on the face, for whoever samples it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "datasets/synthesizer/camera.h"
#include "datasets/synthesizer/plane.h"

namespace backstamp::datasets {

/// The face with a rim of belt around it, so that its edge blends into the belt.
inline Plane with_rim(const Plane& face, int rim_px, std::uint8_t belt) {
  Plane out(face.width_px + 2 * rim_px, face.height_px + 2 * rim_px, belt);
  for (int y = 0; y < face.height_px; ++y)
    std::copy_n(face.row(y), face.width_px, out.row(y + rim_px) + rim_px);
  return out;
}

/// A place on the face with its rim, in 65536ths of a pixel from the centre of its first one.
struct FixedPoint {
  std::int64_t x = 0;
  std::int64_t y = 0;
};

/// At most kStretch_px pixels of a row; the face moves evenly under them.
struct Stretch {
  static constexpr int kStretch_px = 16;
  int x = 0;  ///< of the picture, its first pixel
  int y = 0;
  int count = 0;
  FixedPoint from;  ///< under the first pixel
  FixedPoint to;    ///< under the one kStretch_px on
  FixedPoint step() const { return {(to.x - from.x) / kStretch_px, (to.y - from.y) / kStretch_px}; }
};

/// Calls `take` with each stretch of the picture, row by row. Only its ends are computed exactly.
template <typename Take>
void along_rows(const Transport& transport, int rim_px, Take take) {
  const auto under = [&](int x, int y) {
    const auto at = transport.face_from_picture(x + 0.5, y + 0.5);
    const auto fixed = [&](double px) {
      return static_cast<std::int64_t>(std::floor((px - 0.5 + rim_px) * 65536 + 0.5));
    };
    return FixedPoint{fixed(at.x_px), fixed(at.y_px)};
  };
  constexpr int kStretch_px = Stretch::kStretch_px;
  for (int y = 0; y < transport.height_px(); ++y) {
    FixedPoint from = under(0, y);
    for (int x = 0; x < transport.width_px(); x += kStretch_px) {
      const FixedPoint to = under(x + kStretch_px, y);
      take(Stretch{x, y, std::min(kStretch_px, transport.width_px() - x), from, to});
      from = to;
    }
  }
}

}  // namespace backstamp::datasets
