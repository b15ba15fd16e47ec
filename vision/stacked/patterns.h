// The bars and spaces of PDF417 (ISO/IEC 15438, 5.3.1 and annex A).
#pragma once

#include <array>
#include <cstdint>

#include "vision/stacked/reed_solomon.h"

namespace backstamp::vision::stacked {

inline constexpr int kClusters = 3;      ///< row modulo 3 → cluster 0, 3, 6
inline constexpr int kWordModules = 17;  ///< four bars and four spaces, 1 to 6 modules each
inline constexpr int kStopModules = 18;
inline constexpr int kMostColumns = 30;
inline constexpr int kLeastRows = 3;
inline constexpr int kMostRows = 90;
inline constexpr std::uint32_t kStart = 0b11111111010101000;  ///< dark 1, the leftmost highest
inline constexpr std::uint32_t kStop = 0b111111101000101001;

/// By value (0 … 928), the fifteen modules between the first, always dark, and the last, always
/// light; the leftmost is the highest bit.
using PatternTable = std::array<std::uint16_t, kField>;
const PatternTable& inner_modules(int cluster);

/// All seventeen modules of a value (0 … 928) in a cluster (0 … 2).
std::uint32_t pattern(int cluster, int value);

}  // namespace backstamp::vision::stacked
