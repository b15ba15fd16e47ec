#include "vision/locate/regions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "vision/locate/box.h"
#include "vision/locate/join.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {
namespace {

constexpr std::size_t kRegions = 64;
constexpr float kLeastEnergy = 60;  // grey levels squared: no print is fainter
constexpr float kOverNoise = 5;     // of the paper's own energy
constexpr float kMostNoise = 8;     // grey levels: more is a tint or a photograph
constexpr float kBarCoherence = 0.55f;
constexpr int kTextHigh_px = 38;    // of the halved picture, with the tiles around it
constexpr float kPureBars = 0.7f;   // of a whole component, the paper's noise taken off
constexpr float kLeastInk = 0.28f;  // see ink_of
constexpr float kContrastOverNoise = 4;
constexpr float kLeastSmallInk = 0.36f;
constexpr std::size_t kFewTiles = 16;  // less is mostly print
constexpr int kReach = 2;              // tiles around one that a texture is judged with
constexpr int kSmallReach = 1;         // for bars, which are narrow, and small matrix codes
constexpr int kBarTiles = 8;           // of 9
constexpr int kSmallTiles = 9;         // of 9
constexpr int kMostTiles = 20;         // of 25: finds symbols with holes
constexpr int kNearlyAllTiles = 24;    // of 25: parts symbols from print that nearly touches them

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

/// The energy of paper: that of the calmer third of the tiles, by a sample of them.
float paper_energy(const Tiles& tiles) {
  constexpr std::size_t kEvery = 3, kLevels = 512;
  constexpr float kPerEnergy = 8;  // of paper a few grey levels squared
  const auto level_of = [](float energy) {
    return static_cast<std::size_t>(std::min(kPerEnergy * energy, kLevels - 1.0f));
  };
  std::vector<float> energies;
  energies.reserve(tiles.tensors.size() / kEvery + 1);
  // Counted by levels first: few are left to be put in order. Neighbours are often alike, so that
  // they are counted apart.
  std::array<std::array<std::uint32_t, kLevels>, 2> counts{};
  for (std::size_t i = 0; i < tiles.tensors.size(); i += kEvery) {
    const float energy = tiles.tensors[i].energy();
    ++counts[energies.size() % 2][level_of(energy)];
    energies.push_back(energy);
  }
  std::size_t third = energies.size() / 3, level = 0;
  for (;; ++level) {
    const std::size_t here = std::size_t{counts[0][level]} + counts[1][level];
    if (third < here) break;
    third -= here;
  }
  std::erase_if(energies, [&](float energy) { return level_of(energy) != level; });
  const auto wanted = energies.begin() + static_cast<std::ptrdiff_t>(third);
  std::nth_element(energies.begin(), wanted, energies.end());
  return *wanted;
}

/// The first place from `from` on whose cell is at least `least`, or the end. Cells and `least` are
/// below 128.
std::size_t next_with(const std::vector<std::uint8_t>& cells, std::size_t from, int least) {
  // Eight at a time: what is added lifts a cell that is large enough to its highest bit.
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t lift = kOnes * static_cast<std::uint64_t>(128 - least);
  for (std::uint64_t eight = 0; from + sizeof eight <= cells.size(); from += sizeof eight) {
    std::memcpy(&eight, &cells[from], sizeof eight);
    if (((eight + lift) & (kOnes << 7)) != 0) break;
  }
  while (from < cells.size() && cells[from] < least) ++from;
  return from;
}

/// How many tiles are active in the window of side 2 · reach + 1 around every tile: columns first,
/// then rows. Windows that reach over the edge of the map are 0.
template <int reach>
std::vector<std::uint8_t> active_windows(const Tiles& tiles,
                                         const std::vector<std::uint8_t>& active) {
  std::vector<std::uint8_t> windows(active.size());
  constexpr int kSide = 2 * reach + 1;
  if (tiles.columns < kSide || tiles.rows < kSide) return windows;
  const int columns = tiles.columns;
  std::vector<std::uint8_t> sums(static_cast<std::size_t>(columns));
  // `count` sums of what lies `step` apart: as bytes, so that the compiler adds many at once.
  const auto add = [](const std::uint8_t* in, int step, int count, std::uint8_t* out) {
    for (int c = 0; c < count; ++c) {
      unsigned sum = 0;
      for (int k = 0; k < kSide; ++k) sum += in[c + k * step];
      out[c] = static_cast<std::uint8_t>(sum);
    }
  };
  for (int r = reach; r < tiles.rows - reach; ++r) {
    add(&active[static_cast<std::size_t>((r - reach) * columns)], columns, columns, sums.data());
    add(sums.data(), 1, columns - 2 * reach,
        &windows[static_cast<std::size_t>(r * columns + reach)]);
  }
  return windows;
}

/// The sum of the window of that reach around a tile, which must not reach over the edge.
Tensor window_sum(const Tiles& tiles, std::size_t middle, int reach) {
  const Tensor* tile = &tiles.tensors[middle];
  Tensor sum;
  for (int r = -reach; r <= reach; ++r)
    for (int c = -reach; c <= reach; ++c) sum += tile[r * tiles.columns + c];
  return sum;
}

/// How many tiles of the window of that reach around a tile have a fair share of its energy. In a
/// matrix code all have; between lines of text and strokes of a postmark lie tiles that have not.
int even_tiles(const Tiles& tiles, std::size_t middle, int reach, const Tensor& window) {
  constexpr float kFair = 0.5f;
  const Tensor* tile = &tiles.tensors[middle];
  const int side = 2 * reach + 1;
  const float fair = kFair * window.energy() / static_cast<float>(side * side);
  int even = 0;
  for (int r = -reach; r <= reach; ++r)
    for (int c = -reach; c <= reach; ++c) even += tile[r * tiles.columns + c].energy() > fair;
  return even;
}

/// For every tile, how many tiles of the window around it are active, if its gradients have one
/// direction (bars) or not (matrix: then how many are even, if that is fewer); else 0. Windows with
/// fewer than `needed` are not looked at.
Map textured_tiles(const Tiles& tiles, const std::vector<std::uint8_t>& active, Texture texture,
                   int reach, int needed) {
  Map textured(tiles.columns, tiles.rows);
  const bool bars = texture == Texture::bars;
  const std::vector<std::uint8_t> windows = reach == kReach
                                                ? active_windows<kReach>(tiles, active)
                                                : active_windows<kSmallReach>(tiles, active);
  for (std::size_t i = 0; (i = next_with(windows, i, needed)) < windows.size(); ++i) {
    const Tensor window = window_sum(tiles, i, reach);
    if ((window.coherence() > kBarCoherence) != bars) continue;
    const int even = bars ? windows[i] : even_tiles(tiles, i, reach, window);
    textured.cells[i] = static_cast<std::uint8_t>(std::min<int>(windows[i], even));
  }
  return textured;
}

struct TilePlace {
  int column;
  int row;
};

/// Takes one connected set of tiles (eight neighbours) with at least so much out of the map.
std::vector<TilePlace> take_component(Map& map, TilePlace seed, int needed) {
  std::vector<TilePlace> places{seed};
  map.at(seed.column, seed.row) = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (int k = 0; k < 9; ++k) {
      const TilePlace p{places[i].column + k % 3 - 1, places[i].row + k / 3 - 1};
      if (!map.inside(p.column, p.row) || map.at(p.column, p.row) < needed) continue;
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

/// Whether a stretch lies within a read symbol, or reaches beyond it by no more than its windows
/// do.
bool lies_in(PixelRect rect, const std::vector<Quad>& read) {
  constexpr float kBeyond_px = 56;
  return std::any_of(read.begin(), read.end(), [&](const Quad& quad) {
    float left = quad[0].x, top = quad[0].y, right = left, bottom = top;
    for (const Point& p : quad) {
      left = std::min(left, p.x), right = std::max(right, p.x);
      top = std::min(top, p.y), bottom = std::max(bottom, p.y);
    }
    return static_cast<float>(2 * rect.left) > left - kBeyond_px &&
           static_cast<float>(2 * rect.right)<right + kBeyond_px&& static_cast<float>(2 * rect.top)>
                   top - kBeyond_px &&
           static_cast<float>(2 * rect.bottom) < bottom + kBeyond_px;
  });
}

/// How dark a place is: of a code about half is ink, of text a fifth.
struct Ink {
  float share = 0;   // 0..1: darker than the middle between its darkest and its lightest
  int contrast = 0;  // between those two, grey levels
};

/// Looks at the pixels of some of the tiles, evenly spread. The darkest and the lightest thirtieth
/// count as one level each: a speck is not ink, nor a glare paper.
Ink ink_of(ImageView half, const std::vector<TilePlace>& places) {
  constexpr std::size_t kMostPlaces = 40, kLevels = 256;
  constexpr int kOutliers = 30;
  std::array<std::uint16_t, kLevels> levels{};
  const std::size_t stride = 1 + (places.size() - 1) / kMostPlaces;
  int total = 0;
  for (std::size_t i = 0; i < places.size(); i += stride, total += kTile_px * kTile_px) {
    for (int y = 0; y < kTile_px; ++y) {
      const std::uint8_t* row =
          half.row(1 + places[i].row * kTile_px + y) + 1 + places[i].column * kTile_px;
      for (int x = 0; x < kTile_px; ++x) ++levels[row[x]];
    }
  }
  int darkest = 0, lightest = kLevels - 1;
  for (int sum = levels[0]; sum <= total / kOutliers;)
    sum += levels[static_cast<std::size_t>(++darkest)];
  for (int sum = levels[kLevels - 1]; sum <= total / kOutliers;)
    sum += levels[static_cast<std::size_t>(--lightest)];
  const auto middle = levels.begin() + (darkest + lightest) / 2 + 1;
  const int dark = std::accumulate(levels.begin(), middle, 0);
  return {static_cast<float>(dark) / static_cast<float>(total), lightest - darkest};
}

/// Print is sparser than a matrix code, and its strokes have all directions. What leans to one
/// direction is a stacked code, which has hardly any others.
bool may_be_matrix(ImageView face, PixelRect rect, bool small, float noise, float& one_way) {
  constexpr float kDense = 0.38f, kVeryDense = 0.6f;
  constexpr float kSharpDense = 0.2f, kSharpTwoWays = 0.42f;
  constexpr float kTwoWays = 0.1f, kStackedTwoWays = 0.27f;
  constexpr float kLeaning = 0.26f, kOneWay = 0.75f;
  // The outermost tiles may lie outside.
  const int inset = small ? kTile_px / 2 : kTile_px;
  rect.left += inset, rect.top += inset, rect.right -= inset, rect.bottom -= inset;
  const TextureLook look = look_at_texture(face, rect, noise);
  one_way = look.one_way;
  // Sharp edges of large modules are few, but they lie along two lines as those of print do not.
  const bool sharp = look.dense > kSharpDense && look.two_ways > kSharpTwoWays;
  if ((look.dense < kDense && !sharp) || look.one_way > kOneWay) return false;
  if (look.two_ways < kTwoWays && look.dense < kVeryDense) return false;
  return look.one_way < kLeaning || look.two_ways > kStackedTwoWays;
}

/// A Code 128 of three characters is longer than this; halved pixels, with the tiles around it.
bool may_be_linear(PixelRect rect) {
  constexpr int kShortest_px = 60;
  return std::max(rect.right - rect.left, rect.bottom - rect.top) >= kShortest_px;
}

/// A search for one texture, with what it has found.
struct Search {
  ImageView face;
  ImageView half;
  const Tiles& tiles;
  const std::vector<Quad>& read;
  float noise;  // of the paper, grey levels
  Texture texture;
  std::vector<Region> regions{};
  std::vector<PixelRect> rects{};

  /// Looks at the connected tiles with at least so much in a map that was made with windows of that
  /// reach.
  void find(Map textured, int needed, int reach) {
    for (std::size_t next = 0;
         (next = next_with(textured.cells, next, needed)) < textured.cells.size();) {
      const auto i = static_cast<int>(next);
      const std::vector<TilePlace> places =
          take_component(textured, {i % textured.columns, i / textured.columns}, needed);
      const PixelRect rect = covered(places, reach);
      if (!lies_in(rect, read)) add(places, rect, reach);
    }
  }

  void add(const std::vector<TilePlace>& places, PixelRect rect, int reach) {
    Tensor sum;
    for (const TilePlace& p : places) sum += tiles.at(p.column, p.row);
    const auto count = static_cast<float>(places.size());
    const bool bars = sum.coherence() > kBarCoherence;
    if (bars != (texture == Texture::bars) || looked_at(rect)) return;
    const bool small = !bars && reach < kReach;
    if (small && within_another(rect)) return;
    // Noise has all directions: without it bars have but one.
    const Tensor print = sum.without(count * noise * noise);
    const int low = std::min(rect.right - rect.left, rect.bottom - rect.top);
    if (bars && low < kTextHigh_px && print.coherence() < kPureBars) return;
    const Ink ink = ink_of(half, places);
    const bool few = !bars && places.size() < kFewTiles;
    if (ink.share < (small || few ? kLeastSmallInk : kLeastInk) ||
        static_cast<float>(ink.contrast) < kContrastOverNoise * noise)
      return;
    Region region{.texture = texture, .box = {}, .one_way = 1};
    if (bars ? !may_be_linear(rect) : !may_be_matrix(face, rect, small, noise, region.one_way))
      return;
    std::optional<OrientedBox> tight;
    if (!fit_box(face, half, rect, bars, noise, region.box, tight)) return;
    region.score =
        std::min(1.0f, sum.energy() / count / 2000.0f) * std::min(1.0f, std::sqrt(count) / 6.0f);
    if (!known(regions, region)) regions.push_back(region);
    if (!tight) return;
    region.box = *tight;
    if (!known(regions, region)) regions.push_back(region);
  }

  /// Whether nearly the same rectangle was looked at before, with fewer tiles asked for.
  bool looked_at(PixelRect rect) {
    const auto same = [&](const PixelRect& other) {
      const int moved =
          std::max({std::abs(other.left - rect.left), std::abs(other.top - rect.top),
                    std::abs(other.right - rect.right), std::abs(other.bottom - rect.bottom)});
      return moved <= kTile_px;
    };
    if (std::any_of(rects.begin(), rects.end(), same)) return true;
    rects.push_back(rect);
    return false;
  }

  /// Whether a rectangle lies in another that was looked at; the last of them is itself.
  bool within_another(PixelRect rect) const {
    return std::any_of(rects.begin(), rects.end() - 1, [&](const PixelRect& other) {
      return rect.left >= other.left - kTile_px && rect.top >= other.top - kTile_px &&
             rect.right <= other.right + kTile_px && rect.bottom <= other.bottom + kTile_px;
    });
  }
};

}  // namespace

Locator::Locator(ImageView face, ImageView half)
    : face_(face), half_(half), tiles_(tile_tensors(half)) {
  if (tiles_.tensors.empty()) return;
  const float paper = paper_energy(tiles_);
  const float threshold = std::max(kLeastEnergy, kOverNoise * paper);
  active_.resize(tiles_.tensors.size());
  std::transform(tiles_.tensors.begin(), tiles_.tensors.end(), active_.begin(),
                 [&](const Tensor& tile) { return tile.energy() > threshold; });
  const auto active = std::count(active_.begin(), active_.end(), std::uint8_t{1});
  printed_ = static_cast<float>(active) / static_cast<float>(active_.size());
  // A pixel of the halved picture is the mean of four, a difference has the noise of two, and there
  // are two: the energy is the variance of the face's pixels.
  noise_ = std::min(std::sqrt(paper), kMostNoise);
}

std::vector<Region> Locator::regions(Texture texture, const std::vector<Quad>& read) const {
  Search search{face_, half_, tiles_, read, noise_, texture};
  const bool bars = texture == Texture::bars;
  if (bars) {
    search.find(textured_tiles(tiles_, active_, texture, kSmallReach, kBarTiles), kBarTiles,
                kSmallReach);
  } else {
    const Map textured = textured_tiles(tiles_, active_, texture, kReach, kMostTiles);
    search.find(textured, kMostTiles, kReach);
    search.find(textured, kNearlyAllTiles, kReach);
    search.find(textured_tiles(tiles_, active_, texture, kSmallReach, kSmallTiles), kSmallTiles,
                kSmallReach);
  }
  std::vector<Region>& regions = search.regions;
  std::stable_sort(regions.begin(), regions.end(),
                   [](const Region& a, const Region& b) { return a.score > b.score; });
  if (regions.size() > kRegions) regions.resize(kRegions);
  // What they are parts of comes first: when it is read, its parts need not be looked at.
  const std::vector<Region> joined = joined_regions(regions);
  regions.insert(regions.begin(), joined.begin(), joined.end());
  return std::move(search.regions);
}

}  // namespace backstamp::vision
