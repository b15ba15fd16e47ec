// Rows of soft bars for tests of the readers.
#pragma once

#include <cstddef>
#include <random>
#include <string>

#include "vision/four_state/bar_sequence.h"

namespace backstamp::vision::four_state {

/// Bars as a clean picture gives them, with three empty places on both sides.
inline BarSequence sequence_of(const std::string& letters) {
  BarSequence sequence;
  sequence.pitch_px = 9;
  sequence.up = {0, -14};
  sequence.down = {0, 14};
  const auto add = [&](float presence, float up, float down) {
    const float x = 100 + 9 * static_cast<float>(sequence.bars.size());
    sequence.bars.push_back({{x, 50}, presence, up, down});
  };
  for (int i = 0; i < 3; ++i) add(0, -1, -1);
  sequence.first = 3;
  for (const char c : letters)
    add(1, c == 'A' || c == 'F' ? 1.0f : -1.0f, c == 'D' || c == 'F' ? 1.0f : -1.0f);
  sequence.last = static_cast<int>(sequence.bars.size()) - 1;
  for (int i = 0; i < 3; ++i) add(0, -1, -1);
  return sequence;
}

/// Half-bar 2k is the ascender of bar k of the row, 2k + 1 its descender.
inline float& half_bar(BarSequence& sequence, std::size_t index) {
  Bar& bar = sequence.bars[static_cast<std::size_t>(sequence.first) + index / 2];
  return index % 2 == 0 ? bar.ascender : bar.descender;
}

inline std::size_t half_bars(const BarSequence& sequence) {
  return 2 * static_cast<std::size_t>(sequence.run());
}

/// Noise as a camera gives it: what was sure may become unsure or wrong.
inline void add_noise(BarSequence& sequence, float sigma, std::mt19937_64& random) {
  std::normal_distribution<float> noise(0, sigma);
  for (std::size_t h = 0; h < half_bars(sequence); ++h) half_bar(sequence, h) += noise(random);
}

/// Bars of any kind, sure and unsure ones.
inline BarSequence random_row(std::size_t bars, std::mt19937_64& random) {
  std::uniform_real_distribution<float> value(-1.2f, 1.2f);
  BarSequence sequence = sequence_of(std::string(bars, 'T'));
  for (std::size_t h = 0; h < half_bars(sequence); ++h) half_bar(sequence, h) = value(random);
  return sequence;
}

/// Bars that are all sure: as a code of another kind, or hatching, gives them.
inline std::string random_letters(std::size_t bars, std::mt19937_64& random) {
  std::string letters;
  while (letters.size() < bars) letters += "ADFT"[random() % 4];
  return letters;
}

}  // namespace backstamp::vision::four_state
