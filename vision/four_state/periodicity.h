// How evenly dark and light follow each other along x, over a whole face, in one pass.
#pragma once

#include <vector>

#include "vision/frame.h"

namespace backstamp::vision::four_state {

/// A map of tiles. A tile looks at 32 columns of a band, both reduced: columns by `reduction`,
/// a band is the mean of 4 × reduction rows. Tiles begin every 16 columns, bands every
/// 2 × reduction rows, so both overlap by half.
struct PeriodicityMap {
  static constexpr int kBlockColumns = 16;
  static constexpr int kMinLag = 2;
  static constexpr int kMaxLag = 9;

  int reduction = 1;  ///< 1, 2 or 4
  int bands = 0;
  int tiles = 0;
  std::vector<float> strength;  ///< [band × tiles + tile], 0..1; 0 where nothing is periodic
  std::vector<float> pitch;     ///< in reduced columns, 2.5 to 8.5

  std::size_t at(int band, int tile) const {
    return static_cast<std::size_t>(band) * static_cast<std::size_t>(tiles) +
           static_cast<std::size_t>(tile);
  }
  /// Centre of a tile and of a band, pixels of the face.
  float x_of(int tile) const { return static_cast<float>((tile + 1) * kBlockColumns * reduction); }
  float y_of(int band) const { return static_cast<float>((band + 1) * 2 * reduction); }
};

/// `reduction` is 1, 2 or 4. An image too small for one tile gives an empty map.
PeriodicityMap map_periodicity(ImageView face, int reduction);

}  // namespace backstamp::vision::four_state
