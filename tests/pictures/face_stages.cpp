#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/pictures/sheet.h"
#include "tests/pictures/stages.h"
#include "vision/four_state/bar_rows.h"
#include "vision/locate/regions.h"
#include "vision/locate/tiles.h"

namespace backstamp::pictures {
namespace {

using namespace vision;
using programs::Canvas;

constexpr int kShortestRow = 22;

/// Three strokes along the edges of a tile.
void draw_strokes(Canvas& canvas, const Tensor& tensor, Point middle) {
  const float across = 0.5f * std::atan2(2 * tensor.xy, tensor.xx - tensor.yy);
  const Point normal{std::cos(across), std::sin(across)};
  const Point along{-normal.y, normal.x};
  for (const float aside : {-2.5f, 0.0f, 2.5f}) {
    const Point at = middle + normal * aside;
    canvas.line(at - along * 3, at + along * 3, {.thickness_px = 1});
  }
}

Quad halved_quad(const Quad& quad) {
  Quad out = quad;
  for (Point& p : out) p = p * 0.5f;
  return out;
}

}  // namespace

Canvas draw_texture(ImageView half) {
  constexpr float kLeastEnergy = 60, kOverPaper = 5, kOneWay = 0.55f;
  const Tiles tiles = tile_tensors(half);
  std::vector<float> energies;
  for (const Tensor& tensor : tiles.tensors) energies.push_back(tensor.energy());
  std::sort(energies.begin(), energies.end());
  const float paper = energies.empty() ? 0 : energies[energies.size() / 3];
  const float least = std::max(kLeastEnergy, kOverPaper * paper);
  Canvas canvas(half.width_px, half.height_px);
  for (int row = 0; row < tiles.rows; ++row) {
    for (int column = 0; column < tiles.columns; ++column) {
      const Tensor& tensor = tiles.at(column, row);
      if (tensor.energy() <= least) continue;
      const int left = 1 + column * kTile_px, top = 1 + row * kTile_px;
      const Point middle{static_cast<float>(left) + kTile_px / 2.0f,
                         static_cast<float>(top) + kTile_px / 2.0f};
      if (tensor.coherence() > kOneWay) {
        draw_strokes(canvas, tensor, middle);
      } else {
        const float strength = std::min(1.0f, std::sqrt(tensor.energy() / 2000));
        canvas.fill(left, top, kTile_px - 1, kTile_px - 1,
                    static_cast<std::uint8_t>(210 - 140 * strength));
      }
    }
  }
  return canvas;
}

Canvas draw_places(ImageView face, ImageView half) {
  Canvas canvas(half);
  const Locator locator(face, half);
  for (const Texture texture : {Texture::matrix, Texture::bars})
    for (const Region& region : locator.regions(texture, {}))
      canvas.outline(halved_quad(region.box.corners()),
                     {.thickness_px = 2, .dash_px = texture == Texture::bars ? 5 : 0});
  for (const four_state::BarRow& row : four_state::find_bar_rows(face, half, kShortestRow))
    canvas.line(row.from * 0.5f, row.to * 0.5f, {.thickness_px = 4});
  return canvas;
}

}  // namespace backstamp::pictures
