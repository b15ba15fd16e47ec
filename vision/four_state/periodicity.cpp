#include "vision/four_state/periodicity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "vision/four_state/band_kernels.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kMinLag = PeriodicityMap::kMinLag;
constexpr int kMaxLag = PeriodicityMap::kMaxLag;
constexpr float kMinStrength = 0.4f;
constexpr float kEnergyOverNoise = 3.0f;
// Below this a bar differs from the paper by less than about 2 of 255: not printing.
constexpr float kMinBlockEnergy = 3'750.0f;
// A face that is textured all over must not hide a code of good contrast.
constexpr float kMaxNoiseEnergy = 62'500.0f;

using Correlation = std::array<float, kLags>;

// The noise of the paper: a low percentile of block energies, which printing does not reach.
float floor_of(std::vector<float>& energies) {
  const auto nth = energies.begin() + static_cast<std::ptrdiff_t>(energies.size() * 3 / 10);
  std::nth_element(energies.begin(), nth, energies.end());
  return std::max(kMinBlockEnergy, kEnergyOverNoise * std::min(*nth, kMaxNoiseEnergy));
}

struct Peak {
  float strength = 0;
  float pitch = 0;
};

// The shortest lag whose correlation is a peak nearly as high as the highest one. A short pitch
// between two lags reaches less than its double that falls on one.
Peak find_peak(const Correlation& correlation) {
  constexpr float kShort = 4.5f;
  Peak best;
  for (int i = 1; i + 1 < kLags; ++i) {
    const float before = correlation[static_cast<std::size_t>(i - 1)];
    const float here = correlation[static_cast<std::size_t>(i)];
    const float after = correlation[static_cast<std::size_t>(i + 1)];
    if (here < before || here <= after || here <= 0) continue;
    const float curve = before - 2 * here + after;
    const float shift = curve < 0 ? 0.5f * (before - after) / curve : 0.0f;
    const float height = here - 0.25f * (before - after) * shift;
    const float lead = best.pitch < kShort ? 1.35f : 1.15f;
    if (height > lead * best.strength) best = {height, static_cast<float>(kMinLag + i) + shift};
  }
  return best;
}

bool prints(const std::array<float, 3>& energy, float floor) {
  return energy[0] + energy[1] >= 2 * floor && energy[0] >= 0.5f * floor &&
         energy[1] >= 0.5f * floor;
}

// A tile is two blocks; `energy` is theirs and the next one's, `sum` their correlation.
Peak peak_of(const Correlation& sum, const std::array<float, 3>& energy) {
  const float base = energy[0] + energy[1];
  // Most tiles of text repeat at no lag: they need no square roots.
  constexpr float kLeast = 0.8f * kMinStrength;  // a peak rises a little between lags
  Correlation square;
  float most = 0;
  for (int i = 0; i < kLags; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float part = static_cast<float>(kMinLag + i) / kBlock;
    const float moved = base + part * (energy[2] - energy[0]);
    square[at] = base * std::max(moved, 0.25f * base);
    most = std::max(most, std::max(sum[at], 0.0f) * sum[at] - kLeast * kLeast * square[at]);
  }
  if (most <= 0) return {};
  Correlation correlation;
  for (std::size_t i = 0; i < kLags; ++i) correlation[i] = sum[i] / std::sqrt(square[i]);
  return find_peak(correlation);
}

// Room for bands × tiles, or an empty map when the picture is too small.
PeriodicityMap empty_map(Course course, int reduction, int places, int lines) {
  PeriodicityMap map;
  map.course = course;
  map.reduction = reduction;
  const int blocks = (places - 2 * kFilterReach - kMaxLag) / kBlock;
  const int bands = lines / 2 - 1;
  if (blocks < 3 || bands < 2) return map;
  map.bands = bands;
  map.tiles = blocks - 2;
  const auto size = static_cast<std::size_t>(map.bands) * static_cast<std::size_t>(map.tiles);
  map.strength.assign(size, 0.0f);
  map.pitch.assign(size, 0.0f);
  return map;
}

void note(PeriodicityMap& map, int band, int tile, const Peak& peak) {
  if (peak.strength < kMinStrength) return;
  const std::size_t at = map.at(band, tile);
  map.strength[at] = std::min(peak.strength, 1.0f);
  map.pitch[at] = peak.pitch;
  map.found.push_back(at);
}

// The tiles of one band that print.
void correlate_band(PeriodicityMap& map, int band, const std::int16_t* signal,
                    const float* energy) {
  Correlation before{}, here{};
  int ready = -1;  // the block whose correlations `here` holds
  for (int tile = 0; tile < map.tiles; ++tile) {
    const std::array<float, 3> three{energy[tile], energy[tile + 1], energy[tile + 2]};
    if (!prints(three, map.floor)) continue;
    if (ready == tile) {
      before = here;
    } else {
      correlate_across(signal + tile * kBlock, before);
    }
    correlate_across(signal + (tile + 1) * kBlock, here);
    ready = tile + 1;
    Correlation sum;
    for (std::size_t i = 0; i < kLags; ++i) sum[i] = before[i] + here[i];
    note(map, band, tile, peak_of(sum, three));
  }
}

// Bands across, one after the other; the floor comes from one band in eight.
void run_across(PeriodicityMap& map, ImageView picture) {
  constexpr int kFloorStep = 8;
  const int blocks = map.tiles + 2;
  const auto row = static_cast<std::size_t>(picture.width_px + kPadding);
  const auto count = static_cast<std::size_t>(blocks);
  std::vector<std::int16_t> sums(row, 0), signal(row);
  std::vector<float> energy(count), some;
  some.reserve(count * static_cast<std::size_t>(map.bands / kFloorStep + 1));
  for (int band = 0; band < map.bands; band += kFloorStep) {
    filter_across(picture, 2 * band, sums.data(), signal.data(), blocks, energy.data());
    some.insert(some.end(), energy.begin(), energy.end());
  }
  map.floor = floor_of(some);
  for (int band = 0; band < map.bands; ++band) {
    filter_across(picture, 2 * band, sums.data(), signal.data(), blocks, energy.data());
    correlate_band(map, band, signal.data(), energy.data());
  }
}

// Bands down, all of them block by block: rows of the picture come by once.
class DownMapper {
 public:
  DownMapper(PeriodicityMap& map, ImageView picture)
      : map_(map),
        picture_(picture),
        stride_(static_cast<std::size_t>(map.bands + kPadding)),
        sums_(static_cast<std::size_t>(kSumRows) * stride_, 0),
        signal_(static_cast<std::size_t>(kBlocksKept * kBlock) * stride_),
        energies_(static_cast<std::size_t>(kBlocksKept) * stride_),
        kept_(static_cast<std::size_t>(map.bands / kBandsAtOnce + 1)) {}

  void run() {
    find_floor();
    for (int block = 0; block < map_.tiles + 2; ++block) {
      filter(block, block > 0);
      if (block < 2) continue;
      for (int band = 0; band < map_.bands; band += kBandsAtOnce) correlate(block - 2, band);
    }
  }

 private:
  static constexpr int kBlocksKept = 4;  // a power of two, at least 3
  static constexpr int kSumRows = kBlock + 2 * kFilterReach;
  using Sums = std::array<std::array<float, kBandsAtOnce>, kLags>;

  // The correlation of the block before, if it was needed.
  struct Kept {
    int block = -1;
    Sums sums{};
  };

  std::int16_t* signal_of(int block) {
    return &signal_[static_cast<std::size_t>((block % kBlocksKept) * kBlock) * stride_];
  }
  float* energy_of(int block) {
    return &energies_[static_cast<std::size_t>(block % kBlocksKept) * stride_];
  }

  void filter(int block, bool follows) {
    int ready = 0;  // rows that the block before has summed
    if (follows) {
      ready = 2 * kFilterReach;
      std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(kBlock * stride_),
                  static_cast<std::size_t>(ready) * stride_, sums_.begin());
    }
    for (int r = ready; r < kSumRows; ++r)
      sum_columns(picture_.row(std::min(block * kBlock + r, picture_.height_px - 1)),
                  picture_.width_px, &sums_[static_cast<std::size_t>(r) * stride_]);
    filter_down(sums_.data(), static_cast<std::ptrdiff_t>(stride_), map_.bands, signal_of(block),
                energy_of(block));
  }

  void find_floor() {
    constexpr int kFloorStep = 8;
    std::vector<float> some;
    for (int block = 0; block < map_.tiles + 2; block += kFloorStep) {
      filter(block, false);
      some.insert(some.end(), energy_of(block), energy_of(block) + map_.bands);
    }
    map_.floor = floor_of(some);
  }

  // The tiles of kBandsAtOnce bands that begin with a block.
  void correlate(int tile, int first) {
    const int count = std::min(kBandsAtOnce, map_.bands - first);
    const std::array<const float*, 3> energy{energy_of(tile) + first, energy_of(tile + 1) + first,
                                             energy_of(tile + 2) + first};
    std::array<bool, kBandsAtOnce> printed{};
    bool any = false;
    for (int j = 0; j < count; ++j)
      any |= printed[static_cast<std::size_t>(j)] =
          prints({energy[0][j], energy[1][j], energy[2][j]}, map_.floor);
    if (!any) return;
    Kept& kept = kept_[static_cast<std::size_t>(first / kBandsAtOnce)];
    if (kept.block != tile) correlate_block(tile, first, kept.sums);
    Sums next;
    correlate_block(tile + 1, first, next);
    for (int j = 0; j < count; ++j) {
      const auto at = static_cast<std::size_t>(j);
      if (!printed[at]) continue;
      Correlation sum;
      for (std::size_t i = 0; i < kLags; ++i) sum[i] = kept.sums[i][at] + next[i][at];
      note(map_, first + j, tile, peak_of(sum, {energy[0][j], energy[1][j], energy[2][j]}));
    }
    kept = {tile + 1, next};
  }

  void correlate_block(int block, int first, Sums& sums) {
    correlate_down(signal_of(block) + first, signal_of(block + 1) + first,
                   static_cast<std::ptrdiff_t>(stride_), sums);
  }

  PeriodicityMap& map_;
  ImageView picture_;
  std::size_t stride_;
  std::vector<std::int16_t> sums_, signal_;
  std::vector<float> energies_;
  std::vector<Kept> kept_;
};

}  // namespace

PeriodicityMap map_periodicity(ImageView picture, int reduction, Course course) {
  const bool across = course == Course::across;
  PeriodicityMap map = empty_map(course, reduction, across ? picture.width_px : picture.height_px,
                                 across ? picture.height_px : picture.width_px);
  if (map.bands == 0) return map;
  if (across) {
    run_across(map, picture);
  } else {
    DownMapper(map, picture).run();
  }
  return map;
}

}  // namespace backstamp::vision::four_state
