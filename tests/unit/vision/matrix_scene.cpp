#include "tests/unit/vision/matrix_scene.h"

#include <zint.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "vision/locate/geometry.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr float kInk = 70, kPaper = 215;

int zint_number(Symbology symbology) {
  if (symbology == Symbology::qr_code) return BARCODE_QRCODE;
  return symbology == Symbology::aztec ? BARCODE_AZTEC : BARCODE_DATAMATRIX;
}

}  // namespace

std::vector<float> DrawnMatrix::soft() const {
  std::vector<float> soft;
  for (const std::uint8_t module : dark) soft.push_back(module ? 1.0f : -1.0f);
  return soft;
}

std::optional<DrawnMatrix> draw_matrix(Symbology symbology, int size, int level,
                                       const Bytes& content, bool gs1) {
  const std::unique_ptr<zint_symbol, decltype(&ZBarcode_Delete)> drawn(ZBarcode_Create(),
                                                                       ZBarcode_Delete);
  drawn->symbology = zint_number(symbology);
  drawn->input_mode = gs1 ? GS1_MODE : DATA_MODE;
  if (symbology == Symbology::qr_code) drawn->option_1 = level;
  drawn->option_2 = size;
  if (ZBarcode_Encode(drawn.get(), content.data(), static_cast<int>(content.size())) >= ZINT_ERROR)
    return std::nullopt;
  DrawnMatrix matrix{
      .symbology = symbology, .columns = drawn->width, .rows = drawn->rows, .dark = {}};
  for (int r = 0; r < drawn->rows; ++r)
    for (int c = 0; c < drawn->width; ++c)
      matrix.dark.push_back(drawn->encoded_data[r][c / 8] >> (c % 8) & 1);
  return matrix;
}

std::optional<DrawnMatrix> draw_matrix(Symbology symbology, int size, int level,
                                       std::mt19937& random) {
  // A third less again and again until it fits.
  Bytes content(3000);
  for (auto& byte : content) byte = static_cast<std::uint8_t>(random());
  for (; !content.empty(); content.resize(content.size() * 2 / 3)) {
    auto matrix = draw_matrix(symbology, size, level, content);
    // An Aztec that is filled up has no checks worth the name, and a mode message that overflows.
    if (matrix && symbology == Symbology::aztec) {
      content.resize((content.size() + 1) / 2);
      return draw_matrix(symbology, size, level, content);
    }
    if (matrix) return matrix;
  }
  return std::nullopt;
}

Quad corners_of(const DrawnMatrix& symbol, float module_px, float degrees, int width_px,
                int height_px) {
  const float angle = degrees * 3.14159265f / 180;
  OrientedBox box;
  box.center = {static_cast<float>(width_px) / 2, static_cast<float>(height_px) / 2};
  box.along = {std::cos(angle), std::sin(angle)};
  box.width = module_px * static_cast<float>(symbol.columns);
  box.height = module_px * static_cast<float>(symbol.rows);
  return box.corners();
}

Frame seen_matrix(const DrawnMatrix& symbol, float module_px, float degrees, float noise,
                  int width_px, int height_px, std::uint32_t seed) {
  const Quad corners = corners_of(symbol, module_px, degrees, width_px, height_px);
  const float angle = degrees * 3.14159265f / 180;
  const Point along{std::cos(angle), std::sin(angle)};
  const float width = module_px * static_cast<float>(symbol.columns);
  const float height = module_px * static_cast<float>(symbol.rows);
  std::mt19937 random(seed);
  std::normal_distribution<float> grain(0, noise);
  constexpr int kParts = 4;  // samples a pixel, each way
  Frame frame(width_px, height_px);
  for (int y = 0; y < height_px; ++y) {
    for (int x = 0; x < width_px; ++x) {
      int dark = 0;
      const Point pixel = Point{static_cast<float>(x), static_cast<float>(y)} - corners[0];
      const float u = dot(pixel, along), v = pixel.y * along.x - pixel.x * along.y;
      const bool near = u > -2 && v > -2 && u < width + 2 && v < height + 2;
      for (int k = 0; near && k < kParts * kParts; ++k) {
        const Point p = pixel + Point{(static_cast<float>(k % kParts) + 0.5f) / kParts,
                                      (static_cast<float>(k / kParts) + 0.5f) / kParts};
        const auto column = static_cast<int>(std::floor(dot(p, along) / module_px));
        const auto row = static_cast<int>(std::floor((p.y * along.x - p.x * along.y) / module_px));
        if (column >= 0 && row >= 0 && column < symbol.columns && row < symbol.rows)
          dark += symbol.dark[static_cast<std::size_t>(row * symbol.columns + column)];
      }
      const float ink = static_cast<float>(dark) / (kParts * kParts);
      const float value = kPaper + (kInk - kPaper) * ink + (noise > 0 ? grain(random) : 0.0f);
      frame.row(y)[x] = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0f, 255.0f)));
    }
  }
  return frame;
}

}  // namespace backstamp::vision
