// How much of a symbol may be repaired, and how often chance would then pass for a content.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::vision {

/// What must be left of a symbol's proof after its repair. More is safer and reads less. The
/// chances are those of a symbol that was found and whose words, or bars, are random: that it is
/// read all the same. Linear codes are never repaired.
struct RepairLimits {
  /// Check words of a matrix code's only block that stay unspent, or a third of them where that is
  /// less; 1 to 30. At most 20 looks of 8 tries with words of 8 bits: 160 · 2^(−8 words), 2^-32.
  int matrix_words = 5;
  /// The same of each of several blocks, all of which must pass: the square of the above, 2^-33.
  int matrix_words_of_several = 3;
  /// Bits of check words that stay unspent in every block, however few it has; 8 to 64. Of small
  /// symbols, at most 3 looks of 8 tries: 24 · 2^-bits, 2^-11.4.
  int matrix_bits = 16;
  /// Check words of a PDF417 that stay unspent besides its length word; 0 to 64. Six looks of seven
  /// tries: 42 · 929^(−words − 1), 2^-24.
  int pdf417_words = 2;
  /// Bits of proof asked of bars beyond what each reader asks by itself (vision/four_state/
  /// README.md), which for random bars is 6 · 2^-24 at most, POSTNET and PLANET apart; 0 to 16.
  int four_state_bits = 0;
  /// Bars of a 4-state code that may be repaired, if its proof allows as many; 0 to 99.
  int four_state_bars = 99;

  /// "matrix_words=8,four_state_bars=2", the others as they are by default. Fails (invalid), naming
  /// what is known, the range, or the ceiling and the least value under it.
  static Result<RepairLimits> parse(std::string_view list);
  /// Whether every limit is in its range and keeps the chances under their ceiling.
  bool valid() const;

  bool operator==(const RepairLimits&) const = default;
};

/// No limit may let a damaged symbol pass for another content more often than once in 2^11.
inline constexpr double kCeilingBits = 11;

/// One limit: what configuration calls it, and its range.
struct RepairLimit {
  std::string_view name;
  int RepairLimits::*value;
  int least;
  int most;
  /// The chance of a false content is at most 2^-bits with this value.
  double (*chance_bits)(int value);

  /// The least value within range that keeps the chance under the ceiling.
  int least_allowed() const;
  /// What a value must be, with the ceiling: for a person whose value was refused.
  std::string wanted() const;
};

inline constexpr std::size_t kRepairLimits = 6;
const std::array<RepairLimit, kRepairLimits>& repair_limits();

}  // namespace backstamp::vision
