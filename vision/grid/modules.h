// The brightness of each module of a symbol, and a clean picture of it.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/grid/pattern.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// Brightness by module, row by row.
struct Modules {
  int columns = 0;
  int rows = 0;
  std::vector<float> values;
  float contrast = 0;  ///< grey levels between the light and the dark fixed cells
};

Modules sample_modules(ImageView face, const FixedPattern& pattern, const Quad& corners);

/// The symbol in black and white, two pixels a module, two modules of quiet zone. A module is dark
/// below the middle of the light and dark modules around it, moved by `bias` half contrasts;
/// before, what its neighbours smear into it is taken away (`sharpen` times the difference to
/// each). Fixed cells are drawn as they must be.
Frame redraw(const Modules& modules, const FixedPattern& pattern, float sharpen, float bias);

}  // namespace backstamp::vision
