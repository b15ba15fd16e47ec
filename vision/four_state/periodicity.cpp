#include "vision/four_state/periodicity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace backstamp::vision::four_state {
namespace {

constexpr int kBlock = PeriodicityMap::kBlockColumns;
constexpr int kMinLag = PeriodicityMap::kMinLag;
constexpr int kMaxLag = PeriodicityMap::kMaxLag;
constexpr int kLags = kMaxLag - kMinLag + 1;
constexpr float kMinStrength = 0.4f;
constexpr float kEnergyOverNoise = 3.0f;
// Below this a bar differs from the paper by less than about 2 of 255: not printing.
constexpr float kMinBlockEnergy = 60'000.0f;
// A face that is textured all over must not hide a code of good contrast.
constexpr float kMaxNoiseEnergy = 1'000'000.0f;

// Sums of 2 × reduction rows, then of `reduction` columns, scaled so that every reduction gives
// the same range: 8 pixels' worth of grey, 0 to 2040.
class RowSums {
 public:
  RowSums(ImageView face, int reduction)
      : face_(face),
        reduction_(reduction),
        columns_(face.width_px / reduction),
        tall_(static_cast<std::size_t>(face.width_px)) {}

  int columns() const { return columns_; }

  void sum(int block_row, std::int16_t* out) {
    const int rows = 2 * reduction_;
    const int width = face_.width_px;
    std::uint16_t* tall = tall_.data();
    const std::uint8_t* first = face_.row(block_row * rows);
    const std::uint8_t* second = face_.row(block_row * rows + 1);
    for (int x = 0; x < width; ++x) tall[x] = static_cast<std::uint16_t>(first[x] + second[x]);
    for (int r = 2; r < rows; r += 2) {
      const std::uint8_t* one = face_.row(block_row * rows + r);
      const std::uint8_t* two = face_.row(block_row * rows + r + 1);
      for (int x = 0; x < width; ++x)
        tall[x] = static_cast<std::uint16_t>(tall[x] + one[x] + two[x]);
    }
    if (reduction_ == 1) {
      for (int x = 0; x < columns_; ++x) out[x] = static_cast<std::int16_t>(tall[x] << 2);
    } else if (reduction_ == 2) {
      for (int x = 0; x < columns_; ++x)
        out[x] = static_cast<std::int16_t>(tall[2 * x] + tall[2 * x + 1]);
    } else {
      for (int x = 0; x < columns_; ++x)
        out[x] = static_cast<std::int16_t>(
            (tall[4 * x] + tall[4 * x + 1] + tall[4 * x + 2] + tall[4 * x + 3]) >> 2);
    }
  }

 private:
  ImageView face_;
  int reduction_;
  int columns_;
  std::vector<std::uint16_t> tall_;
};

// Twice the value less both neighbours two columns away: passes periods of 3 to 9 columns and
// stops slow changes of light.
void band_pass(const std::int16_t* upper, const std::int16_t* lower, int columns,
               std::int16_t* scratch, std::int16_t* out) {
  for (int x = 0; x < columns; ++x) scratch[x] = static_cast<std::int16_t>(upper[x] + lower[x]);
  for (int x = 2; x < columns - 2; ++x)
    out[x] = static_cast<std::int16_t>(2 * scratch[x] - scratch[x - 2] - scratch[x + 2]);
}

std::int32_t dot_block(const std::int16_t* a, const std::int16_t* b) {
  std::int32_t sum = 0;
  for (int i = 0; i < kBlock; ++i) sum += static_cast<std::int32_t>(a[i]) * b[i];
  return sum;
}

// The noise of the paper: a low percentile of block energies, which printing does not reach.
float noise_energy(const std::vector<float>& energies) {
  std::vector<float> some;
  some.reserve(energies.size() / 4 + 1);
  for (std::size_t i = 0; i < energies.size(); i += 4) some.push_back(energies[i]);
  const auto nth = some.begin() + static_cast<std::ptrdiff_t>(some.size() * 3 / 10);
  std::nth_element(some.begin(), nth, some.end());
  return std::min(*nth, kMaxNoiseEnergy);
}

struct Peak {
  float strength = 0;
  float pitch = 0;
};

// The shortest lag whose correlation is a peak nearly as high as the highest one.
Peak find_peak(const std::array<float, kLags>& correlation) {
  Peak best;
  for (int i = 1; i + 1 < kLags; ++i) {
    const float before = correlation[static_cast<std::size_t>(i - 1)];
    const float here = correlation[static_cast<std::size_t>(i)];
    const float after = correlation[static_cast<std::size_t>(i + 1)];
    if (here < before || here <= after || here <= 0) continue;
    const float curve = before - 2 * here + after;
    const float shift = curve < 0 ? 0.5f * (before - after) / curve : 0.0f;
    const float height = here - 0.25f * (before - after) * shift;
    if (height > 1.15f * best.strength) best = {height, static_cast<float>(kMinLag + i) + shift};
  }
  return best;
}

class Mapper {
 public:
  Mapper(ImageView face, int reduction)
      : sums_(face, reduction),
        columns_(sums_.columns()),
        blocks_((columns_ - 4 - kMaxLag) / kBlock),
        band_count_(face.height_px / (2 * reduction) - 1) {
    map_.reduction = reduction;
    if (blocks_ < 3 || band_count_ < 2) return;
    map_.bands = band_count_;
    map_.tiles = blocks_ - 2;
    const std::size_t size = static_cast<std::size_t>(map_.bands * map_.tiles);
    map_.strength.assign(size, 0.0f);
    map_.pitch.assign(size, 0.0f);
  }

  PeriodicityMap run() && {
    if (map_.bands == 0) return std::move(map_);
    filter_all();
    const float floor = std::max(kMinBlockEnergy, kEnergyOverNoise * noise_energy(energies_));
    for (int band = 0; band < band_count_; ++band) correlate(band, floor);
    return std::move(map_);
  }

 private:
  std::int16_t* filtered(int band) {
    return filtered_.data() + static_cast<std::ptrdiff_t>(band) * columns_;
  }

  void filter_all() {
    const std::size_t columns = static_cast<std::size_t>(columns_);
    filtered_.assign(columns * static_cast<std::size_t>(band_count_), 0);
    energies_.resize(static_cast<std::size_t>(band_count_ * blocks_));
    std::vector<std::int16_t> upper(columns), lower(columns), scratch(columns);
    sums_.sum(0, upper.data());
    for (int band = 0; band < band_count_; ++band) {
      sums_.sum(band + 1, lower.data());
      std::int16_t* out = filtered(band);
      band_pass(upper.data(), lower.data(), columns_, scratch.data(), out);
      float* energy = energies_.data() + static_cast<std::ptrdiff_t>(band) * blocks_;
      for (int b = 0; b < blocks_; ++b) {
        const std::int16_t* block = out + 2 + b * kBlock;
        energy[b] = static_cast<float>(dot_block(block, block));
      }
      upper.swap(lower);
    }
  }

  void correlate(int band, float floor) {
    const std::int16_t* signal = filtered(band) + 2;
    const float* energy = energies_.data() + static_cast<std::ptrdiff_t>(band) * blocks_;
    std::array<float, kLags> before{}, here{};
    int ready = -1;  // the block whose correlations `here` holds
    for (int tile = 0; tile < map_.tiles; ++tile) {
      if (energy[tile] + energy[tile + 1] < 2 * floor || energy[tile] < 0.5f * floor ||
          energy[tile + 1] < 0.5f * floor)
        continue;
      if (ready == tile) {
        before = here;
      } else {
        correlate_block(signal + tile * kBlock, before);
      }
      correlate_block(signal + (tile + 1) * kBlock, here);
      ready = tile + 1;
      const float base = energy[tile] + energy[tile + 1];
      std::array<float, kLags> correlation{};
      for (int i = 0; i < kLags; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const float part = static_cast<float>(kMinLag + i) / kBlock;
        const float moved = base + part * (energy[tile + 2] - energy[tile]);
        correlation[at] = (before[at] + here[at]) / std::sqrt(base * std::max(moved, 0.25f * base));
      }
      const Peak peak = find_peak(correlation);
      if (peak.strength < kMinStrength) continue;
      map_.strength[map_.at(band, tile)] = std::min(peak.strength, 1.0f);
      map_.pitch[map_.at(band, tile)] = peak.pitch;
    }
  }

  static void correlate_block(const std::int16_t* signal, std::array<float, kLags>& out) {
    for (int i = 0; i < kLags; ++i)
      out[static_cast<std::size_t>(i)] =
          static_cast<float>(dot_block(signal, signal + kMinLag + i));
  }

  RowSums sums_;
  int columns_;
  int blocks_;
  int band_count_;
  PeriodicityMap map_;
  std::vector<std::int16_t> filtered_;
  std::vector<float> energies_;
};

}  // namespace

PeriodicityMap map_periodicity(ImageView face, int reduction) {
  return Mapper(face, reduction).run();
}

}  // namespace backstamp::vision::four_state
