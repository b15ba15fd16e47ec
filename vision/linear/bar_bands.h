// Brightness across the bars of a box, in bands along the bars: the first look of every linear
// reader.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Mean brightness across the bars, one sample a pixel of the face, for several bands of lines that
/// lie one below another along the bars. Places are told as (u, v): u pixels across the bars and v
/// along them, from `centre`.
struct BarBands {
  Point centre;                ///< face pixels
  Point along{1, 0};           ///< unit vector across the bars (u)
  float first_u = 0;           ///< u of the first sample
  int width = 0;               ///< samples of a band
  std::vector<float> v;        ///< of the middle of each band, growing
  std::vector<float> samples;  ///< band after band

  int bands() const { return static_cast<int>(v.size()); }
  const float* band(int b) const { return samples.data() + b * width; }
  float* band(int b) { return samples.data() + b * width; }
  Point face_from_bars(float u, float at_v) const {
    return centre + along * u + Point{-along.y, along.x} * at_v;
  }
};

/// How a box is looked at.
struct BandOptions {
  float from_u = 0;  ///< from the middle of the box
  float to_u = 0;
  int bands = 8;
  int lines = 5;  ///< sampled in each band
};

/// Samples the lines of a box, whose x axis runs across the bars; the picture's edge pixels go on
/// outside it. Every line is interpolated (cubic) along the picture's row or column that runs more
/// nearly across the bars, so that nothing is blurred along the other. At most 8,192 samples wide;
/// empty when the stretch is not.
BarBands sample_bands(ImageView face, const OrientedBox& box, const BandOptions& options);

/// How much the two neighbouring bands that agree best are alike between the samples `from` and
/// `to`, light left aside: near 1 across bars, whatever lies above or below them; less across text.
float agreement(const BarBands& bands, int from, int to);

/// Weights of the four samples around a place `t` (0..1) between the second and the third: Keys'
/// cubic, which keeps what lies well below the sampling limit.
inline void cubic_weights(float t, float (&w)[4]) {
  const float u = 1 - t;
  w[0] = -0.5f * t * u * u;
  w[1] = 1 + t * t * (1.5f * t - 2.5f);
  w[2] = 1 + u * u * (1.5f * u - 2.5f);
  w[3] = -0.5f * u * t * t;
}

}  // namespace backstamp::vision
