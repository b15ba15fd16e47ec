// Fixed tables of noise; faces differ by where in them they begin.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace backstamp::datasets {

inline constexpr int kTileSide = 512;
inline constexpr int kTileMask = kTileSide - 1;
inline constexpr std::size_t kNoiseSize = 1u << 16;

struct NoiseTables {
  /// Paper fibres: smoothed over about 2 px; standard deviation 64. kTileSide², wraps around.
  std::vector<std::int16_t> fibre;
  /// Blotches of ink: smoothed over about 8 px; standard deviation 64. kTileSide², wraps around.
  std::vector<std::int16_t> blotch;
  /// White noise, standard deviation 256; kNoiseSize plus a row of 32768 that repeats the start.
  std::vector<std::int16_t> white;
};

/// The tables, made once. Thread-safe.
const NoiseTables& noise_tables();

}  // namespace backstamp::datasets
