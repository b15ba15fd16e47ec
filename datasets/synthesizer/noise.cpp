#include "datasets/synthesizer/noise.h"

#include "datasets/random.h"

namespace backstamp::datasets {
namespace {

constexpr std::size_t kTileSize = static_cast<std::size_t>(kTileSide) * kTileSide;

std::vector<std::int32_t> white_tile(Random& random) {
  std::vector<std::int32_t> tile(kTileSize);
  for (std::int32_t& value : tile) value = random.normal256() * 64;
  return tile;
}

/// A running mean of `size` along rows (step 1) or columns (step kTileSide), wrapping around.
void smooth(std::vector<std::int32_t>& tile, int size, bool along_rows) {
  const auto at = [&](int line, int i) -> std::int32_t& {
    const int wrapped = i & kTileMask;
    return tile[static_cast<std::size_t>(along_rows ? line * kTileSide + wrapped
                                                    : wrapped * kTileSide + line)];
  };
  std::vector<std::int32_t> copy(kTileSide);
  for (int line = 0; line < kTileSide; ++line) {
    for (int i = 0; i < kTileSide; ++i) copy[static_cast<std::size_t>(i)] = at(line, i);
    std::int64_t sum = 0;
    for (int i = 0; i < size; ++i) sum += copy[static_cast<std::size_t>(i)];
    for (int i = 0; i < kTileSide; ++i) {
      at(line, i + size / 2) = static_cast<std::int32_t>(sum / size);
      sum += copy[static_cast<std::size_t>((i + size) & kTileMask)];
      sum -= copy[static_cast<std::size_t>(i)];
    }
  }
}

/// Scales to a standard deviation of 64 (integers, so that every machine gets the same).
std::vector<std::int16_t> normalised(const std::vector<std::int32_t>& tile) {
  std::int64_t squares = 0;
  for (const std::int32_t value : tile) squares += static_cast<std::int64_t>(value) * value;
  const std::int64_t variance = squares / static_cast<std::int64_t>(kTileSize);
  std::int64_t deviation = 1;
  while (deviation * deviation < variance) ++deviation;
  std::vector<std::int16_t> scaled(kTileSize);
  for (std::size_t i = 0; i < kTileSize; ++i) {
    scaled[i] = static_cast<std::int16_t>(static_cast<std::int64_t>(tile[i]) * 64 / deviation);
  }
  return scaled;
}

std::vector<std::int16_t> smoothed_tile(Random& random, int size) {
  std::vector<std::int32_t> tile = white_tile(random);
  for (int pass = 0; pass < 2; ++pass) {
    smooth(tile, size, true);
    smooth(tile, size, false);
  }
  return normalised(tile);
}

NoiseTables make_tables() {
  Random random(0x6261636B7374616Du);
  NoiseTables tables;
  tables.fibre = smoothed_tile(random, 2);
  tables.blotch = smoothed_tile(random, 8);
  tables.white.resize(kNoiseSize + 32768);
  for (std::size_t i = 0; i < kNoiseSize; ++i) {
    tables.white[i] = static_cast<std::int16_t>(random.normal256());
  }
  for (std::size_t i = kNoiseSize; i < tables.white.size(); ++i) {
    tables.white[i] = tables.white[i - kNoiseSize];
  }
  return tables;
}

}  // namespace

const NoiseTables& noise_tables() {
  static const NoiseTables tables = make_tables();
  return tables;
}

}  // namespace backstamp::datasets
