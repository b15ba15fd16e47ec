// The likeliest characters of a code whose check character makes a sum come out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace backstamp::vision::four_state {

/// One character that may stand at a place: what it costs there, and what it adds to the sum.
struct Choice {
  float cost = 0;
  std::uint8_t character = 0;
  std::uint8_t adds = 0;  ///< first · modulus.second + second
};

/// Two sums side by side, each of its own modulus; (1, 1) for a code without a check. At most 36
/// sums in all.
struct Modulus {
  int first = 1;
  int second = 1;
};

struct Likeliest {
  std::vector<std::uint8_t> characters;
  float cost = 0;
  float runner_up = 0;  ///< cost of the next best characters, at most `most_cost`
};

/// The cheapest characters, one a place, whose sum is 0: every combination is weighed (two-best
/// Viterbi). None when all cost more than `most_cost`. The work is bounded by the number of places.
std::optional<Likeliest> likeliest(std::span<const std::vector<Choice>> places, Modulus modulus,
                                   float most_cost);

}  // namespace backstamp::vision::four_state
