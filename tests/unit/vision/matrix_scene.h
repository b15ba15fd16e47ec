// Matrix symbols for tests: drawn by libzint as modules, and put on a face as a camera sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "postal/symbology.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// The modules of a symbol, row by row, 1 dark.
struct DrawnMatrix {
  postal::Symbology symbology = postal::Symbology::data_matrix;
  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> dark;

  /// As a perfect reader samples them: +1 dark, −1 light.
  std::vector<float> soft() const;
};

/// Libzint's drawing of random bytes, as many as go into the symbol with this number of libzint's
/// sizes (and, of QR Codes, of this level: 1 L to 4 H). None when there is no such size.
std::optional<DrawnMatrix> draw_matrix(postal::Symbology symbology, int size, int level,
                                       std::mt19937& random);

/// The same with this content; `gs1` takes "[01]…" as application identifiers.
std::optional<DrawnMatrix> draw_matrix(postal::Symbology symbology, int size, int level,
                                       const Bytes& content, bool gs1 = false);

/// The symbol on a plain face of that size, its middle in the face's middle, turned, each pixel the
/// mean of the ink in it, with noise.
Frame seen_matrix(const DrawnMatrix& symbol, float module_px, float degrees, float noise,
                  int width_px, int height_px, std::uint32_t seed);

/// Where the corners of that symbol lie.
Quad corners_of(const DrawnMatrix& symbol, float module_px, float degrees, int width_px,
                int height_px);

}  // namespace backstamp::vision
