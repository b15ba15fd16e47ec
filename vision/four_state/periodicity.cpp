#include "vision/four_state/periodicity.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>

#include "vision/four_state/band_kernels.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kMinLag = PeriodicityMap::kMinLag;
constexpr int kMaxLag = PeriodicityMap::kMaxLag;
constexpr float kEnergyOverNoise = 8.0f;
// Below this a bar differs from the paper by less than about 2 of 255: not printing.
constexpr float kMinBlockEnergy = 3'750.0f;
// A face that is textured all over must not hide a code of good contrast.
constexpr float kMaxBlockEnergy = 187'500.0f;
constexpr int kFloorStep = 8;  // one band or block in so many tells the noise

// The noise of the paper: a low percentile of block energies, which printing does not reach.
float floor_of(std::vector<float>& energies) {
  if (energies.empty()) return kMinBlockEnergy;  // a picture without a whole band
  // A few hundred tell as much as all.
  constexpr std::size_t kEnough = 256;
  const std::size_t step = energies.size() / kEnough + 1;
  for (std::size_t i = 0; i * step < energies.size(); ++i) energies[i] = energies[i * step];
  energies.resize((energies.size() + step - 1) / step);
  const auto nth = energies.begin() + static_cast<std::ptrdiff_t>(energies.size() * 3 / 10);
  std::nth_element(energies.begin(), nth, energies.end());
  return std::clamp(kEnergyOverNoise * *nth, kMinBlockEnergy, kMaxBlockEnergy);
}

struct Peak {
  float strength = 0;
  float pitch = 0;
};

// The shortest lag whose correlation is a peak nearly as high as the highest one. A short pitch
// between two lags reaches less than its double that falls on one. `step` from lag to lag.
Peak find_peak(const float* correlation, std::size_t step) {
  constexpr float kShort = 4.5f;
  // Which lags are peaks is told without a branch: no guess would be right.
  unsigned peaks = 0;
  for (unsigned i = 1; i + 1 < kLags; ++i) {
    const float* here = correlation + i * step;
    const bool peak = (here[0] >= *(here - step)) & (here[0] > here[step]) & (here[0] > 0);
    peaks |= static_cast<unsigned>(peak) << i;
  }
  Peak best;
  for (; peaks != 0; peaks &= peaks - 1) {
    const int lag = std::countr_zero(peaks);
    const float* here = correlation + static_cast<std::size_t>(lag) * step;
    const float before = *(here - step), after = here[step];
    const float curve = before - 2 * here[0] + after;
    const float shift = curve < 0 ? 0.5f * (before - after) / curve : 0.0f;
    const float height = here[0] - 0.25f * (before - after) * shift;
    const float lead = best.pitch < kShort ? 1.35f : 1.15f;
    if (height > lead * best.strength) best = {height, static_cast<float>(kMinLag + lag) + shift};
  }
  return best;
}

// Room for bands × tiles, or an empty map when the picture is too small.
PeriodicityMap empty_map(Course course, int reduction, int places, int lines) {
  PeriodicityMap map;
  map.course = course;
  map.reduction = reduction;
  const int blocks = (places - 2 * kFilterReach - kMaxLag) / kBlock;
  const int bands = lines / PeriodicityMap::kBandLines;
  if (blocks < 3 || bands < 2) return map;
  map.bands = bands;
  map.tiles = blocks - 2;
  const auto size = static_cast<std::size_t>(map.bands) * static_cast<std::size_t>(map.tiles);
  map.strength.assign(size, 0.0f);
  map.pitch.assign(size, 0.0f);
  map.energy.reserve(size + 2 * static_cast<std::size_t>(map.bands));
  return map;
}

void note(PeriodicityMap& map, int band, int tile, const Peak& peak) {
  if (peak.strength < PeriodicityMap::kMinStrength) return;
  const std::size_t at = map.at(band, tile);
  map.strength[at] = std::min(peak.strength, 1.0f);
  map.pitch[at] = peak.pitch;
  map.found.push_back({band, tile});
}

// Bands across, one after the other; the floor comes from a few of them.
void run_across(PeriodicityMap& map, ImageView picture) {
  const int blocks = map.tiles + 2;
  const auto row = static_cast<std::size_t>(picture.width_px + kPadding);
  const auto count = static_cast<std::size_t>(blocks);
  std::vector<std::int16_t> sums(row, 0), signal(row);
  std::vector<float> energy(count + kPadding), some;
  std::vector<std::int32_t> tiles(count + kPadding);
  std::vector<Correlation> correlation(count);
  some.reserve(count * static_cast<std::size_t>(map.bands / kFloorStep + 1));
  for (int band = 0; band < map.bands; band += kFloorStep) {
    filter_across(picture, PeriodicityMap::kBandLines * band, sums.data(), signal.data(), blocks,
                  energy.data());
    some.insert(some.end(), energy.begin(), energy.begin() + blocks);
  }
  map.floor = floor_of(some);
  for (int band = 0; band < map.bands; ++band) {
    filter_across(picture, PeriodicityMap::kBandLines * band, sums.data(), signal.data(), blocks,
                  energy.data());
    map.energy.insert(map.energy.end(), energy.begin(), energy.begin() + blocks);
    const int printed =
        find_printed(energy.data(), energy.data() + 1, map.tiles, map.floor, tiles.data());
    if (printed == 0) continue;
    const int even =
        correlate_across(signal.data(), energy.data(), printed, tiles.data(), correlation.data());
    for (int i = 0; i < even; ++i) {
      const auto at = static_cast<std::size_t>(i);
      note(map, band, tiles[at], find_peak(correlation[at].data(), 1));
    }
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
        kept_(static_cast<std::size_t>(map.bands / kBandsAtOnce + 1), {-1, -1}),
        kept_sums_(std::make_unique_for_overwrite<DownSums[]>(2 * kept_.size())),
        printed_(stride_) {}

  void run() {
    find_floor();
    for (int block = 0; block < map_.tiles + 2; ++block) {
      filter(picture_, block, block > 0);
      const float* energy = energy_of(block);
      map_.energy.insert(map_.energy.end(), energy, energy + map_.bands);
      if (block < 2) continue;
      correlate(block - 2);
    }
  }

 private:
  static constexpr int kBlocksKept = 4;  // a power of two, at least 3
  static constexpr int kSumRows = kBlock + 2 * kFilterReach;

  // The two blocks whose correlations a group of bands keeps.
  using Kept = std::array<int, 2>;

  std::int16_t* signal_of(int block) {
    return &signal_[static_cast<std::size_t>((block % kBlocksKept) * kBlock) * stride_];
  }
  float* energy_of(int block) {
    return &energies_[static_cast<std::size_t>(block % kBlocksKept) * stride_];
  }

  void filter(ImageView picture, int block, bool follows) {
    int ready = 0;  // rows that the block before has summed
    if (follows) {
      ready = 2 * kFilterReach;
      std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(kBlock * stride_),
                  static_cast<std::size_t>(ready) * stride_, sums_.begin());
    }
    for (int r = ready; r < kSumRows; ++r)
      sum_columns(picture.row(std::min(block * kBlock + r, picture.height_px - 1)),
                  picture.width_px, &sums_[static_cast<std::size_t>(r) * stride_]);
    filter_down(sums_.data(), static_cast<std::ptrdiff_t>(stride_),
                picture.width_px / PeriodicityMap::kBandLines, signal_of(block), energy_of(block));
  }

  // From parts of some blocks, each a step to the right of the one before.
  void find_floor() {
    constexpr int kParts = 4;
    static_assert(kFloorStep % kParts == 0);
    const int width = picture_.width_px / kParts, bands = width / PeriodicityMap::kBandLines;
    std::vector<float> some;
    for (int block = 0, part = 0; block < map_.tiles + 2; block += kFloorStep / kParts, ++part) {
      filter(picture_.part(part % kParts * width, 0, width, picture_.height_px), block, false);
      some.insert(some.end(), energy_of(block), energy_of(block) + std::max(bands, 0));
    }
    map_.floor = floor_of(some);
  }

  // The tiles that begin with a block, those of kBandsAtOnce bands together.
  void correlate(int tile) {
    const int count =
        find_printed(energy_of(tile), energy_of(tile + 1), map_.bands, map_.floor, printed_.data());
    for (int from = 0, to = 0; from < count; from = to) {
      const int group = printed_[static_cast<std::size_t>(from)] / kBandsAtOnce;
      while (to < count && printed_[static_cast<std::size_t>(to)] / kBandsAtOnce == group) ++to;
      correlate_group(tile, group, &printed_[static_cast<std::size_t>(from)], to - from);
    }
  }

  void correlate_group(int tile, int group, const std::int32_t* bands, int count) {
    const int first = group * kBandsAtOnce;
    const DownSums& one = correlate_block(tile, group);
    const DownSums& two = correlate_block(tile + 1, group);
    DownSums whole;
    std::array<float, kBandsAtOnce> most;
    const std::array<const float*, 3> energy{energy_of(tile) + first, energy_of(tile + 1) + first,
                                             energy_of(tile + 2) + first};
    if (!normalise_down(one, two, energy, whole, most)) return;
    for (int k = 0; k < count; ++k) {
      const auto at = static_cast<std::size_t>(bands[k] - first);
      if (most[at] > 0) note(map_, bands[k], tile, find_peak(&whole[0][at], kBandsAtOnce));
    }
  }

  const DownSums& correlate_block(int block, int group) {
    const auto of_group = static_cast<std::size_t>(group), at = static_cast<std::size_t>(block % 2);
    DownSums& sums = kept_sums_[2 * of_group + at];
    if (kept_[of_group][at] != block) {
      const int first = group * kBandsAtOnce;
      correlate_down(signal_of(block) + first, signal_of(block + 1) + first,
                     static_cast<std::ptrdiff_t>(stride_), sums);
      kept_[of_group][at] = block;
    }
    return sums;
  }

  PeriodicityMap& map_;
  ImageView picture_;
  std::size_t stride_;
  std::vector<std::int16_t> sums_, signal_;
  std::vector<float> energies_;
  std::vector<Kept> kept_;
  std::unique_ptr<DownSums[]> kept_sums_;
  std::vector<std::int32_t> printed_;
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
