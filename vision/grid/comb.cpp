#include "vision/grid/comb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "vision/grid/fourier.h"
#include "vision/grid/samples.h"

namespace backstamp::vision {
namespace {

constexpr float kShortest = 2.2f;
constexpr int kMiddle_px = 128;
constexpr int kLines = 16;                // of the middle, each way
constexpr int kWaves = 256, kSteps = 32;  // of the transform, twice as fine as what is seen
constexpr int kFirstWave = kWaves / 12;
constexpr int kLastWave = static_cast<int>(kWaves / kShortest);

constexpr int kTurns = 33;  // half a degree apart

float degrees_of(int turn) {
  return 0.5f * static_cast<float>(turn - kTurns / 2);
}

constexpr std::size_t kWaveCount = kLastWave - kFirstWave;

/// Steps of brightness along lines of the box's middle, to one lane a line.
template <class Lanes>
void steps_along(ImageView face, const OrientedBox& box, bool columns, float side_px, Lanes& to) {
  const auto length = static_cast<std::size_t>(side_px);
  std::array<float, kMiddle_px + 1> buffer;
  const std::span<float> line = std::span(buffer).first(length + 1);
  const Point along = columns ? box.along : box.across();
  const Point across = columns ? box.across() : box.along;
  for (std::size_t k = 0; k < kLines; ++k) {
    const float cross = side_px * ((static_cast<float>(k) + 0.5f) / kLines - 0.5f);
    sample_run(face, box.center + along * (-side_px / 2) + across * cross, along, line);
    float mean = 0;
    for (std::size_t i = 0; i < length; ++i) {
      to[i][k] = std::abs(line[i + 1] - line[i]);
      mean += to[i][k] / static_cast<float>(length);
    }
    for (std::size_t i = 0; i < length; ++i) to[i][k] -= mean;
  }
}

/// Power by how a wave shifts from line to line (backwards in the upper half), and by wave.
using Powers = std::array<std::array<float, kWaveCount>, kSteps>;
using Waves = Sequences<kWaves, kLines>;

/// Of the real parts that were transformed together with others as imaginary ones (`others` false),
/// or of these.
Powers step_waves(const Waves& waves, bool others) {
  Sequences<kSteps, kWaveCount> shifts;
  for (std::size_t k = 0; k < kLines; ++k) {
    for (std::size_t w = 0; w < kWaveCount; ++w) {
      const std::size_t wave = kFirstWave + w, mirror = kWaves - wave;
      const float a = waves.real[wave][k], b = waves.imaginary[wave][k];
      const float c = waves.real[mirror][k], d = waves.imaginary[mirror][k];
      shifts.real[k][w] = others ? b + d : a + c;
      shifts.imaginary[k][w] = others ? c - a : b - d;
    }
  }
  transform(shifts);
  Powers powers;
  for (std::size_t t = 0; t < kSteps; ++t)
    for (std::size_t w = 0; w < kWaveCount; ++w)
      powers[t][w] =
          shifts.real[t][w] * shifts.real[t][w] + shifts.imaginary[t][w] * shifts.imaginary[t][w];
  return powers;
}

}  // namespace

CombTurn comb_turn(ImageView face, const OrientedBox& box) {
  constexpr float kFundamental = 0.6f;  // of its harmonic's power, at least
  const float side_px = std::min({static_cast<float>(kMiddle_px), box.width, box.height});
  Waves waves;
  steps_along(face, box, true, side_px, waves.real);
  steps_along(face, box, false, side_px, waves.imaginary);
  transform(waves);
  const Powers along = step_waves(waves, false), across = step_waves(waves, true);
  // A wave of the transform's length moves by this many of its steps from line to line.
  std::array<float, kTurns> moves{};
  for (int t = 0; t < kTurns; ++t)
    moves[static_cast<std::size_t>(t)] =
        std::tan(degrees_of(t) * 0.0174533f) * side_px / kLines * kSteps / kWaves;
  const auto power = [&](int wave, int turn) {
    const float move = static_cast<float>(wave) * moves[static_cast<std::size_t>(turn)];
    const int step = static_cast<int>(move + (move < 0 ? -0.5f : 0.5f));
    const auto w = static_cast<std::size_t>(wave - kFirstWave);
    return along[static_cast<std::size_t>(2 * kSteps - step) % kSteps][w] +
           across[static_cast<std::size_t>(2 * kSteps + step) % kSteps][w];
  };
  CombTurn best;
  float sum = 0, most = 0;
  int found = kFirstWave, turn = 0;
  for (int wave = kFirstWave; wave < kLastWave; ++wave) {
    for (int t = 0; t < kTurns; ++t) {
      const float value = power(wave, t);
      sum += value;
      if (value > most) most = value, found = wave, turn = t;
    }
  }
  const int count = (kLastWave - kFirstWave) * kTurns;
  // Of sharp print the second harmonic is as strong as the comb itself.
  for (int half = found / 2 - 1; half <= found / 2 + 1; ++half) {
    if (half < kFirstWave || power(half, turn) < kFundamental * most) continue;
    found = half;
    break;
  }
  best.degrees = degrees_of(turn);
  best.pitch_px = static_cast<float>(kWaves) / static_cast<float>(found);
  best.standing_out = most * static_cast<float>(count) / std::max(sum, 1.0f);
  return best;
}

}  // namespace backstamp::vision
