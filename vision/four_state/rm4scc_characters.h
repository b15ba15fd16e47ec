// Soft bars as characters of the alphabet that RM4SCC and KIX share.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "vision/four_state/checksum_trellis.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// What each of the 36 characters costs at each place of four bars, the first one at `first_bar`.
using CharacterCosts = std::vector<std::array<float, 36>>;
CharacterCosts rm4scc_costs(const SoftBars& bars, int first_bar, int characters);

/// How many rows and columns (two a character) have two printed half-bars of four as read.
int sound_halves(const SoftBars& bars, int first_bar, int characters);
/// As chance has it.
inline constexpr float kSoundByChance = 6.0f / 16;

/// The characters of `set` as choices; they add their weights to the check sums (modulo 6 and 6).
std::vector<Choice> choices_of(const std::array<float, 36>& costs, std::string_view set);

}  // namespace backstamp::vision::four_state
