// A box that may hold a linear code, looked at in several ways.
#pragma once

#include <cstddef>
#include <vector>

#include "vision/linear/bar_bands.h"
#include "vision/linear/bar_profile.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// A profile of darkness, and the same from its other end.
struct BothWays {
  std::vector<float> forwards, backwards;

  const std::vector<float>& way(bool reversed) const { return reversed ? backwards : forwards; }
};

/// How a step of a reader ended.
enum class Outlook {
  read,
  promising,  ///< another look may help
  hopeless,
};

/// Gives the profile of a box under one look after another.
class BoxLooks {
 public:
  /// The first: eight lines; then the middle half of forty, the lighter half, the upper, the lower.
  static constexpr std::size_t kLooks = 5;

  BoxLooks(ImageView face, const OrientedBox& box) : face_(face), box_(box) {}

  /// False when there is nothing to see: no box, or neighbouring lines that differ as those of text
  /// do.
  bool take(std::size_t look);
  /// From the next look on reaches further out, once: one end of a symbol was found and not the
  /// other.
  void reach_out();

  const BothWays& ways() const { return ways_; }
  float contrast() const { return contrast_; }  ///< 0..1
  const OrientedBox& box() const { return box_; }
  /// The corners of what lies between two samples of a way, in the order of a symbol that runs in
  /// this way.
  Quad outline(float from, float to, bool reversed) const;

 private:
  Point corner(float sample, float v) const;

  ImageView face_;
  OrientedBox box_;
  float reach_ = 0;  // beyond the usual margin
  BarBands bands_;
  BarLean lean_;
  BothWays ways_;
  float contrast_ = 0;
};

}  // namespace backstamp::vision
