// PDF417 symbols drawn by libzint, and how a camera sees them.
#pragma once

#include <random>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "vision/frame.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// A symbol as modules, row by row, true for dark; empty when it cannot be drawn so.
struct DrawnSymbol {
  std::vector<std::vector<bool>> rows;
  int width() const { return rows.empty() ? 0 : static_cast<int>(rows.front().size()); }
  int columns() const { return (width() - 69) / 17; }
};

/// Level of error correction 0 … 8, columns 1 … 30; -1 leaves it to the library.
DrawnSymbol draw_pdf417(const Bytes& content, int level, int columns);

/// What befalls a symbol on its way to the picture.
struct View {
  double module_px = 3.5;
  double row_modules = 3;
  double degrees = 0;         ///< turned clockwise about its middle
  double blur_px = 0.5;       ///< sigma
  double motion_px = 0;       ///< smear along x
  double spread_modules = 0;  ///< wider bars
  double noise = 2;           ///< grey levels
  double dark = 60;
  double light = 220;
};

struct Scene {
  Frame frame;
  OrientedBox box;  ///< the symbol's true place
};

/// The symbol in the middle of a light picture.
Scene see(const DrawnSymbol& symbol, const View& view, std::uint32_t seed);

Bytes to_bytes(std::string_view text);
Bytes random_content(std::mt19937& random, std::size_t size);
/// Random capitals, small letters, digits, marks; runs of digits now and then.
Bytes random_text(std::mt19937& random, std::size_t size);

}  // namespace backstamp::vision
