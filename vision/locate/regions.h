// Places on a face that have the texture of a matrix code, a stacked code or a linear code.
#pragma once

#include <cstdint>
#include <vector>

#include "vision/frame.h"
#include "vision/locate/geometry.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {

enum class Texture { matrix, bars };

/// A place with its box: for bars the box's x axis runs across the bars.
struct Region {
  Texture texture = Texture::matrix;
  OrientedBox box;
  float score = 0;    ///< 0..1: the more contrast and the more even, the higher
  float one_way = 0;  ///< 0..1: how far all edges lie one way: bars 1, stacked codes between
};

/// Looks for textures of codes on a face: once at all of it, then at the places that stand out.
class Locator {
 public:
  /// `half` is the face at half scale; both views must outlive the locator.
  Locator(ImageView face, ImageView half);

  /// The places of one texture, at most 64, the best first; before them boxes around those that lie
  /// in one line (bars). Over-detects: a few false ones a face, mostly of text. What lies within an
  /// outline of `read` (or hardly beyond it) is left out.
  std::vector<Region> regions(Texture texture, const std::vector<Quad>& read) const;

  /// 0..1: the share of the face that is not plain paper.
  float printed() const { return printed_; }

 private:
  ImageView face_, half_;
  Tiles tiles_;
  std::vector<std::uint8_t> active_;  // tile by tile, whether it is more than paper
  float noise_ = 0;                   // of the paper, grey levels
  float printed_ = 0;
};

}  // namespace backstamp::vision
