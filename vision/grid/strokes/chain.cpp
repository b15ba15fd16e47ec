#include "vision/grid/strokes/chain.h"

#include <cmath>
#include <vector>

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/grid/strokes/chain.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#ifndef BACKSTAMP_GRID_CHAIN_LEVELS
#define BACKSTAMP_GRID_CHAIN_LEVELS
namespace backstamp::vision {
inline constexpr std::size_t kChainLevels = 8;
/// Of every line of a block.
using ChainLevels = std::array<ChainLane, kChainLevels>;
}  // namespace backstamp::vision
#endif

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {
namespace {

// The loops over lanes are plain: compilers make them vectors of the target.
constexpr std::size_t kLanes = kChainLanes, kLevels = kChainLevels;
constexpr float kLevelRatio = 0.8f;
constexpr float kNoise = 0.10f;     // of paper's brightness, what blur and grain make of a level
constexpr float kUnderInk = 0.13f;  // and of the transmittance
constexpr float kStays = 0.3679f;   // how likelier a step of one level is than one of two
constexpr float kCovered = 0.887f;  // how likely a stroke is against none, a module
constexpr float kOdd = 1e-3f;       // what is neither level: voids, dirt

using Lane = ChainLane;
using Levels = ChainLevels;

/// From 1 down to 0.21.
constexpr std::array<float, kLevels> kLevel = [] {
  std::array<float, kLevels> out{};
  float value = 1;
  for (float& level : out) level = value, value *= kLevelRatio;
  return out;
}();

/// exp(−q) for q from 0 up, near enough; 0 beyond 8.
inline float falling(float q) {
  float t = 1 - 0.125f * q;
  t = t > 0 ? t : 0;
  t *= t;
  t *= t;
  return t * t;
}

/// How likely each level makes what is seen at a place whose cell is light as likely as `light`.
void weigh(const Lane& seen, const Lane& light, float print, Levels& out) {
  for (std::size_t s = 0; s < kLevels; ++s) {
    const float level = kLevel[s];
    const float spread = kNoise * kNoise + kUnderInk * kUnderInk * level * level;
    const float over = 1 / (2 * spread);
    const float height = (s == 0 ? 1 : kCovered) / std::sqrt(spread) * kNoise;
    for (std::size_t y = 0; y < kLanes; ++y) {
      const float from_light = seen[y] - level, from_dark = seen[y] - print * level;
      const float as_light = falling(from_light * from_light * over);
      const float as_dark = falling(from_dark * from_dark * over);
      out[s][y] = height * (as_dark + light[y] * (as_light - as_dark)) + kOdd;
    }
  }
}

/// One module on: levels change by a few, the farther the less likely.
void step(Levels& levels) {
  Levels up = levels;
  for (std::size_t s = 1; s < kLevels; ++s)
    for (std::size_t y = 0; y < kLanes; ++y) up[s][y] += kStays * up[s - 1][y];
  Lane down = levels[kLevels - 1];
  for (std::size_t s = kLevels - 1; s-- > 0;) {
    for (std::size_t y = 0; y < kLanes; ++y) {
      const float above = kStays * down[y];
      down[y] = levels[s][y] + above;
      levels[s][y] = up[s][y] + above;
    }
  }
  levels[kLevels - 1] = up[kLevels - 1];
}

void multiply(Levels& a, const Levels& b) {
  Lane sum{};
  for (std::size_t s = 0; s < kLevels; ++s) {
    for (std::size_t y = 0; y < kLanes; ++y) {
      a[s][y] *= b[s][y];
      sum[y] += a[s][y];
    }
  }
  for (float& value : sum) value = 1 / (value > 1e-20f ? value : 1e-20f);
  for (std::size_t s = 0; s < kLevels; ++s)
    for (std::size_t y = 0; y < kLanes; ++y) a[s][y] *= sum[y];
}

/// Forwards, then backwards with both joined. `weights` and `forward` are room to work in.
void follow(const ChainSight* sights, std::size_t count, float print, Levels* weights,
            Levels* forward, ChainLevel* out) {
  for (std::size_t i = 0; i < count; ++i) {
    weigh(sights[i].seen, sights[i].light, print, weights[i]);
    if (i == 0) {
      for (std::size_t s = 0; s < kLevels; ++s) forward[0][s].fill(s == 0 ? 0.8f : 0.02f);
    } else {
      forward[i] = forward[i - 1];
      step(forward[i]);
    }
    multiply(forward[i], weights[i]);
  }
  Levels back;
  for (Lane& lane : back) lane.fill(1);
  for (std::size_t i = count; i-- > 0;) {
    Levels both = forward[i];
    multiply(both, back);
    Lane mean{}, square{};
    for (std::size_t s = 0; s < kLevels; ++s) {
      const float level = kLevel[s];
      for (std::size_t y = 0; y < kLanes; ++y) {
        mean[y] += level * both[s][y];
        square[y] += level * level * both[s][y];
      }
    }
    for (std::size_t y = 0; y < kLanes; ++y) {
      out[i].mean[y] = mean[y];
      out[i].variance[y] = square[y] - mean[y] * mean[y];
    }
    multiply(back, weights[i]);
    step(back);
  }
}

}  // namespace
}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace backstamp::vision {

HWY_EXPORT(follow);

void follow_levels(std::span<const ChainSight> sights, float print, std::span<ChainLevel> levels) {
  std::vector<ChainLevels> weights(sights.size()), forward(sights.size());
  HWY_DYNAMIC_DISPATCH(follow)
  (sights.data(), sights.size(), print, weights.data(), forward.data(), levels.data());
}

}  // namespace backstamp::vision

#endif
