// Places on a face that have the texture of a matrix code, a stacked code or a linear code.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

enum class Texture { matrix, bars };

/// A place with its box: for bars the box's x axis runs across the bars.
struct Region {
  Texture texture = Texture::matrix;
  OrientedBox box;
  float score = 0;    ///< 0..1: the more contrast and the more even, the higher
  float one_way = 0;  ///< 0..1: how far all edges lie one way: bars 1, stacked codes between
};

/// What a look at a whole face finds.
struct Located {
  std::vector<Region> regions;  ///< at most 64, the best first, before them those put together
  float printed = 0;            ///< 0..1: the share of the face that is not plain paper
};

/// Looks at `half`, the face at half scale, once. Over-detects: a few false ones a face, mostly of
/// text. What lies within an outline of `read` (or hardly beyond it) is left out.
Located locate_regions(ImageView face, ImageView half, const std::vector<Quad>& read);

}  // namespace backstamp::vision
