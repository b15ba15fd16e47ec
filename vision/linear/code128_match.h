// Which character of Code 128 a stretch of darkness is, given how blurred it is.
#pragma once

#include <array>

#include "vision/linear/code128_table.h"

namespace backstamp::vision {

/// How the printed edges come to look: standard deviation of the blur and growth of the bars by
/// ink, in modules. A bar is wider than drawn by `spread`.
struct BarBlur {
  float sigma = 0.45f;
  float spread = 0;
};

inline constexpr int kPerModule = 4;  ///< samples of darkness a module
inline constexpr int kCharacterSamples = kPerModule * kCode128Modules;

/// Samples of a character, at (i + 0.5) / kPerModule modules from its first edge.
using CharacterSamples = std::array<float, kCharacterSamples>;

/// Darkness of a character's three bars, of that of a fully inked one.
using BarInk = std::array<float, 3>;

/// The two likeliest characters, with the sums of squares that they leave unexplained.
struct CharacterMatch {
  int value = -1;
  int second = -1;
  float error = 0;
  float second_error = 0;
  BarInk ink{1, 1, 1};  ///< of the likeliest
};

/// What stands on both sides of a character: the space before it and the bar after it, in modules.
struct Neighbours {
  int space_before = 2;
  int bar_after = 2;
};

/// Expected darkness of every character under one blur.
class Code128Matcher {
 public:
  explicit Code128Matcher(BarBlur blur);

  /// Makes match() ready, which expected() alone does not need. `evenness` says how alike the bars
  /// are inked: the square of a bar's lack of ink costs as much as so much unexplained darkness.
  void prepare(float evenness);

  /// The likeliest of values `from` to `to` (inclusive).
  CharacterMatch match(const CharacterSamples& samples, Neighbours neighbours, int from,
                       int to) const;
  /// The expected samples of a character.
  CharacterSamples expected(const CharacterMatch& match, Neighbours neighbours) const;

 private:
  // Edges up to kReach modules outside a character matter.
  static constexpr int kReach = 5;
  static constexpr int kTable = kPerModule * (2 * (kCode128Modules + kReach));
  const float* rising(int module) const {
    return rising_.data() + kPerModule * (kCode128Modules + kReach - module);
  }
  const float* falling(int module) const {
    return falling_.data() + kPerModule * (kCode128Modules + kReach - module);
  }

  /// What is known of a character before anything is seen.
  struct Prior {
    float square;                  // of its expected samples, neighbours left out
    std::array<float, 3> overlap;  // of each bar with all three
    std::array<float, 6> weights;  // inverse of the bars' products, evenness added: the upper half
  };

  // Darkness of a bar that begins (rising) or has ended (falling) at module 0, from
  // -(kCode128Modules + kReach) modules on.
  std::array<float, kTable> rising_, falling_;
  std::array<Prior, kCode128Patterns> priors_;
};

}  // namespace backstamp::vision
