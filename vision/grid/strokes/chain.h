// Levels of brightness along many lines at once, as hidden states of chains.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace backstamp::vision {

inline constexpr std::size_t kChainLanes = 32;  // lines looked at together
using ChainLane = std::array<float, kChainLanes>;

/// What a block of lines shows at one place along it.
struct ChainSight {
  ChainLane seen;   ///< brightness, 1 that of paper
  ChainLane light;  ///< how likely paper is there
};

/// What was found of it.
struct ChainLevel {
  ChainLane mean;
  ChainLane variance;
};

/// For each place the level, from 1 down to 0.21, that light and dark are a share of: paper is seen
/// as the level, print as `print` times that. Levels change slowly from place to place; all ways
/// through them are summed up, forwards and backwards. As many levels as sights.
void follow_levels(std::span<const ChainSight> sights, float print, std::span<ChainLevel> levels);

}  // namespace backstamp::vision
