#include "vision/locate/regions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vision/locate/box.h"
#include "vision/locate/join.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {
namespace {

constexpr std::size_t kRegions = 64;
constexpr float kLeastEnergy = 60;  // grey levels squared: no print is fainter
constexpr float kOverNoise = 5;     // of the paper's own energy
constexpr float kBarCoherence = 0.55f;
constexpr int kBarTiles = 8;         // of 9
constexpr int kMostTiles = 20;       // of 25: finds symbols with holes
constexpr int kNearlyAllTiles = 24;  // of 25: parts symbols from print that nearly touches them

/// A map of tiles, one value each.
struct Map {
  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> cells;
  Map(int c, int r) : columns(c), rows(r), cells(static_cast<std::size_t>(c * r)) {}
  std::uint8_t& at(int c, int r) { return cells[static_cast<std::size_t>(r * columns + c)]; }
  std::uint8_t at(int c, int r) const { return cells[static_cast<std::size_t>(r * columns + c)]; }
  bool inside(int c, int r) const { return c >= 0 && r >= 0 && c < columns && r < rows; }
};

/// What is more than paper: relative to the energy of the calmer third of the tiles.
float active_threshold(const Tiles& tiles) {
  std::vector<float> energies;
  energies.reserve(tiles.tensors.size());
  for (const Tensor& t : tiles.tensors) energies.push_back(t.energy());
  const auto third = energies.begin() + static_cast<std::ptrdiff_t>(energies.size() / 3);
  std::nth_element(energies.begin(), third, energies.end());
  return std::max(kLeastEnergy, kOverNoise * *third);
}

/// Marks the tiles in the middle of a window of side `window` in which at least `needed`
/// tiles are active, and whose gradients have one direction (bars) or not (matrix).
Map dense_tiles(const Tiles& tiles, float threshold, Texture texture, int needed) {
  const int reach = texture == Texture::bars ? 1 : 2;
  const int window = 2 * reach + 1;
  Map dense(tiles.columns, tiles.rows);
  for (int r = reach; r < tiles.rows - reach; ++r) {
    for (int c = reach; c < tiles.columns - reach; ++c) {
      int active = 0;
      Tensor sum;
      for (int i = 0; i < window * window; ++i) {
        const Tensor& t = tiles.at(c - reach + i % window, r - reach + i / window);
        active += t.energy() > threshold;
        sum += t;
      }
      const bool coherent = sum.coherence() > kBarCoherence;
      dense.at(c, r) = active >= needed && coherent == (texture == Texture::bars);
    }
  }
  return dense;
}

struct TilePlace {
  int column;
  int row;
};

/// Takes one connected set of marked tiles (eight neighbours) out of the map.
std::vector<TilePlace> take_component(Map& map, TilePlace seed) {
  std::vector<TilePlace> places{seed};
  map.at(seed.column, seed.row) = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (int k = 0; k < 9; ++k) {
      const TilePlace p{places[i].column + k % 3 - 1, places[i].row + k / 3 - 1};
      if (!map.inside(p.column, p.row) || !map.at(p.column, p.row)) continue;
      map.at(p.column, p.row) = 0;
      places.push_back(p);
    }
  }
  return places;
}

/// The rectangle of halved pixels that a component with the reach of its windows covers.
PixelRect covered(const std::vector<TilePlace>& places, int reach) {
  PixelRect rect{1 << 20, 1 << 20, 0, 0};
  for (const TilePlace& p : places) {
    rect.left = std::min(rect.left, (p.column - reach) * kTile_px);
    rect.top = std::min(rect.top, (p.row - reach) * kTile_px);
    rect.right = std::max(rect.right, (p.column + reach + 1) * kTile_px + 2);
    rect.bottom = std::max(rect.bottom, (p.row + reach + 1) * kTile_px + 2);
  }
  return rect;
}

/// Whether about the same box was found before.
bool known(const std::vector<Region>& regions, const Region& region) {
  return std::any_of(regions.begin(), regions.end(), [&](const Region& r) {
    return r.texture == region.texture && length(r.box.center - region.box.center) < 12 &&
           std::abs(r.box.width - region.box.width) < 12 &&
           std::abs(r.box.height - region.box.height) < 12;
  });
}

void find(const Tiles& tiles, ImageView face, ImageView half, float threshold, Texture texture,
          int needed, std::vector<Region>& regions) {
  Map dense = dense_tiles(tiles, threshold, texture, needed);
  const int reach = texture == Texture::bars ? 1 : 2;
  for (int r = 0; r < dense.rows; ++r) {
    for (int c = 0; c < dense.columns; ++c) {
      if (!dense.at(c, r)) continue;
      const std::vector<TilePlace> places = take_component(dense, {c, r});
      Tensor sum;
      for (const TilePlace& p : places) sum += tiles.at(p.column, p.row);
      const auto count = static_cast<float>(places.size());
      const bool bars = sum.coherence() > kBarCoherence;
      if (bars != (texture == Texture::bars)) continue;
      Region region{.texture = texture, .box = {}};
      if (!fit_box(face, half, covered(places, reach), bars, region.box)) continue;
      if (known(regions, region)) continue;
      region.score =
          std::min(1.0f, sum.energy() / count / 2000.0f) * std::min(1.0f, std::sqrt(count) / 6.0f);
      regions.push_back(region);
    }
  }
}

}  // namespace

std::vector<Region> locate_regions(ImageView face) {
  std::vector<Region> regions;
  const Frame half = halved(face);
  const Tiles tiles = tile_tensors(half.view());
  if (tiles.tensors.empty()) return regions;
  const float threshold = active_threshold(tiles);
  find(tiles, face, half.view(), threshold, Texture::matrix, kMostTiles, regions);
  find(tiles, face, half.view(), threshold, Texture::matrix, kNearlyAllTiles, regions);
  find(tiles, face, half.view(), threshold, Texture::bars, kBarTiles, regions);
  std::stable_sort(regions.begin(), regions.end(),
                   [](const Region& a, const Region& b) { return a.score > b.score; });
  if (regions.size() > kRegions) regions.resize(kRegions);
  // What they are parts of comes first: when it is read, its parts need not be looked at.
  std::vector<Region> joined = joined_regions(regions);
  regions.insert(regions.begin(), joined.begin(), joined.end());
  return regions;
}

}  // namespace backstamp::vision
