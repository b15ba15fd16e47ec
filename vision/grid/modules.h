// The brightness of each module of a symbol, and a clean picture of it.
#pragma once

#include <cstdint>
#include <span>
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
  std::vector<float> trust = {};  ///< 0..1, how much of a module was seen; empty: all of all
  float contrast = 0;             ///< grey levels between the light and the dark fixed cells
  float print_dark = 0;           ///< brightness of the middle one of the dark fixed cells
};

/// Sets contrast and print_dark from the values of the fixed cells.
void measure_print(const FixedPattern& pattern, Modules& modules);

Modules sample_modules(ImageView face, const FixedPattern& pattern, const Quad& corners);

/// How surely each module is dark: about +1 dark, −1 light, 0 undecided. The middle is that of the
/// light and dark modules around it; before, what its neighbours smear into a module is taken away
/// (`sharpen` times the difference to each). What is darker than the symbol's own print is a stroke
/// over it: dark, but not sure. Fixed cells are as they must be, and sure.
std::vector<float> soft_modules(const Modules& modules, const FixedPattern& pattern, float sharpen);

/// The share of neighbours in a row or column of data that differ: about a half in a symbol, nearly
/// all in a checkerboard.
float alternation(std::span<const float> soft, int columns, int rows);

/// A symbol in black and white, two pixels a module, two modules of quiet zone.
Frame draw_modules(std::span<const std::uint8_t> dark, int columns, int rows);

}  // namespace backstamp::vision
