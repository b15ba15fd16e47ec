// Linear codes for tests: their modules from libzint, printed and seen as a camera would.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision::test {

/// Modules across a symbol, true where there is ink; a space may end it.
using Modules = std::vector<bool>;

/// One row of a symbol of libzint's symbology; `gs1` takes "[01]…" as application identifiers.
/// Throws when libzint does not encode it.
Modules zint_modules(int symbology, ByteView text, bool gs1 = false, int row = 0);
/// Widths of bar, space, bar, … as modules.
Modules modules_of(const std::vector<int>& widths);
/// A Code 128 of these characters (start and data), the check character added.
Modules code128_modules(std::vector<int> characters);

/// How it is printed and seen; what is not told is perfect.
struct Look {
  float module_px = 3;
  float height_px = 60;
  float angle_deg = 0;
  float spread = 0;       ///< modules by which bars are wider
  float sigma_px = 0.4f;  ///< blur
  float motion_px = 0;    ///< smear along x
  float noise_grey = 0;
  float paper_grey = 220;
  float contrast_grey = 160;
  float lean = 0;       ///< bars lean by this many pixels a pixel, more than the box says
  float wrinkle = 0;    ///< and by as much more or less from place to place
  float jitter_px = 0;  ///< bars stand early and late by as much, slowly along the symbol
  float light = 0;      ///< share by which the light falls off from left to right
  int streaks = 0;      ///< lines without ink along x
  float stroke_px = 0;  ///< width of a dark stroke across a part of the height
};

/// A picture with one symbol in the middle, and the box around it.
struct Seen {
  Frame frame;
  OrientedBox box;
};
Seen see(const Modules& modules, const Look& look, std::mt19937& random);

/// The box as a locator gives it: ends and direction a little off.
OrientedBox roughly(OrientedBox box, std::mt19937& random);

}  // namespace backstamp::vision::test
