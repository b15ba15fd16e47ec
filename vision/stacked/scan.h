// One line across a box, and how well a start or stop pattern fits somewhere on it.
#pragma once

#include <array>
#include <vector>

#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision::stacked {

/// Brightness along a line parallel to a box's x axis, a pixel apart.
struct Scan {
  float y = 0;
  float from = 0;  ///< x of the first value
  std::vector<float> values;

  float end() const { return from + static_cast<float>(values.size()); }
  /// Interpolated; beyond the ends that of the end.
  float at(float x) const;
};

Scan scan_line(ImageView face, const OrientedBox& box, float y, float from, float to);

/// A start or stop pattern read in one direction, half a module at a time, from within its wide
/// bar; its values have mean 0 and length 1.
class EndPattern {
 public:
  enum Kind { start, stop };
  EndPattern(Kind kind, bool forward);

  /// Correlation (-1 … 1) with a line, the wide bar's middle at x.
  float match(const Scan& scan, float x, float module_px) const;
  /// From the wide bar's middle to the pattern's end that faces the data, in modules.
  float to_inner_end() const { return inner_; }
  float wide_modules() const { return wide_; }

 private:
  static constexpr float kBefore = 2;  // modules of the wide bar that count
  std::vector<float> values_;
  float wide_ = 0;
  float direction_ = 1;
  float inner_ = 0;
};

/// Bars at least so wide that they may be a start's or stop's, by a threshold that is the mean of
/// the neighbourhood.
struct WideBar {
  float middle = 0;
  float width = 0;
};
std::vector<WideBar> wide_bars(const Scan& scan);

}  // namespace backstamp::vision::stacked
