#include "datasets/mail/seen.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "datasets/synthesizer/carried_rows.h"

namespace backstamp::datasets {
namespace {

constexpr int kPhases = 256;
constexpr int kRim_px = 3;

/// Weights of cubic convolution (Keys 1981, a = -1/2) that sum to 256.
struct Taps {
  std::array<std::int16_t, 4> weight;
};

std::array<Taps, kPhases> make_taps() {
  std::array<Taps, kPhases> all{};
  for (int phase = 0; phase < kPhases; ++phase) {
    const double t = static_cast<double>(phase) / kPhases;
    const std::array<double, 4> exact = {((-0.5 * t + 1) * t - 0.5) * t,
                                         (1.5 * t - 2.5) * t * t + 1,
                                         ((-1.5 * t + 2) * t + 0.5) * t, (0.5 * t - 0.5) * t * t};
    int sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      all[static_cast<std::size_t>(phase)].weight[i] =
          static_cast<std::int16_t>(std::lround(exact[i] * 256));
      sum += all[static_cast<std::size_t>(phase)].weight[i];
    }
    std::int16_t& nearest = all[static_cast<std::size_t>(phase)].weight[phase < 128 ? 1 : 2];
    nearest = static_cast<std::int16_t>(nearest + 256 - sum);
  }
  return all;
}

int sample(const Plane& source, std::int64_t x, std::int64_t y,
           const std::array<Taps, kPhases>& taps) {
  const std::uint8_t* at = source.row(static_cast<int>(y >> 16) - 1) + (x >> 16) - 1;
  const Taps& across = taps[static_cast<std::size_t>(x >> 8 & 255)];
  const Taps& down = taps[static_cast<std::size_t>(y >> 8 & 255)];
  int sum = 0;
  for (std::size_t row = 0; row < 4; ++row, at += source.width_px) {
    sum += down.weight[row] * (at[0] * across.weight[0] + at[1] * across.weight[1] +
                               at[2] * across.weight[2] + at[3] * across.weight[3]);
  }
  return std::clamp((sum + 32768) >> 16, 0, 255);
}

int sample_flat(const Plane& source, std::int64_t x, std::int64_t y) {
  const std::uint8_t* const at = source.row(static_cast<int>(y >> 16)) + (x >> 16);
  const int fx = static_cast<int>(x >> 8 & 255);
  const int fy = static_cast<int>(y >> 8 & 255);
  const int top = at[0] * (256 - fx) + at[1] * fx;
  const int bottom = at[source.width_px] * (256 - fx) + at[source.width_px + 1] * fx;
  return (top * (256 - fy) + bottom * fy + 32768) >> 16;
}

/// Where a picture has no edges: most of a face is bare paper, on which two samples a line are as
/// good as four.
class FlatTiles {
 public:
  explicit FlatTiles(const Plane& source)
      : across_((source.width_px + kTile - 1) / kTile),
        down_((source.height_px + kTile - 1) / kTile) {
    std::vector<std::uint8_t> least(static_cast<std::size_t>(across_) * kTile);
    std::vector<std::uint8_t> most(least.size());
    for (int tile_y = 0; tile_y < down_; ++tile_y) {
      std::fill(least.begin(), least.end(), std::uint8_t{255});
      std::fill(most.begin(), most.end(), std::uint8_t{0});
      const int end = std::min((tile_y + 1) * kTile, source.height_px);
      for (int y = tile_y * kTile; y < end; ++y) {
        const std::uint8_t* const row = source.row(y);
        for (std::size_t x = 0; x < static_cast<std::size_t>(source.width_px); ++x) {
          least[x] = std::min(least[x], row[x]);
          most[x] = std::max(most[x], row[x]);
        }
      }
      for (int tile_x = 0; tile_x < across_; ++tile_x) {
        const auto from = static_cast<std::ptrdiff_t>(tile_x) * kTile;
        const auto lowest = std::min_element(least.begin() + from, least.begin() + from + kTile);
        const auto highest = std::max_element(most.begin() + from, most.begin() + from + kTile);
        flat_.push_back(*highest - *lowest <= kRange);
      }
    }
  }
  /// Whether all tiles between two points (with a pixel around them) are flat.
  bool between(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1) const {
    const auto tile = [](std::int64_t at, int add, int count) {
      return std::clamp(static_cast<int>((at >> 16) + add) / kTile, 0, count - 1);
    };
    const int right = tile(std::max(x0, x1), 2, across_);
    const int bottom = tile(std::max(y0, y1), 2, down_);
    for (int y = tile(std::min(y0, y1), -1, down_); y <= bottom; ++y) {
      for (int x = tile(std::min(x0, x1), -1, across_); x <= right; ++x) {
        if (!flat_[static_cast<std::size_t>(y * across_ + x)]) return false;
      }
    }
    return true;
  }

 private:
  static constexpr int kTile = 16;
  static constexpr int kRange = 44;
  int across_, down_;
  std::vector<bool> flat_;
};

}  // namespace

Plane carry_sharply(const Plane& face, const Transport& transport, int belt_level,
                    const std::array<std::uint8_t, 256>& tones) {
  static const std::array<Taps, kPhases> taps = make_taps();
  const auto belt = static_cast<std::uint8_t>(belt_level);
  const Plane source = with_rim(face, kRim_px, belt);
  const FlatTiles flat_tiles(source);
  Plane out(transport.width_px(), transport.height_px(), tones[belt]);
  const std::int64_t first = 1 << 16;
  const std::int64_t right = static_cast<std::int64_t>(source.width_px - 2) << 16;
  const std::int64_t bottom = static_cast<std::int64_t>(source.height_px - 2) << 16;
  along_rows(transport, kRim_px, [&](const Stretch& stretch) {
    const FixedPoint step = stretch.step();
    const bool flat =
        flat_tiles.between(stretch.from.x, stretch.from.y, stretch.to.x, stretch.to.y);
    std::uint8_t* const row = out.row(stretch.y) + stretch.x;
    auto [x, y] = stretch.from;
    for (int i = 0; i < stretch.count; ++i, x += step.x, y += step.y) {
      if (x < first || y < first || x >= right || y >= bottom) continue;
      row[i] = tones[static_cast<std::size_t>(flat ? sample_flat(source, x, y)
                                                   : sample(source, x, y, taps))];
    }
  });
  return out;
}

}  // namespace backstamp::datasets
