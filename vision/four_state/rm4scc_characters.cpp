#include "vision/four_state/rm4scc_characters.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "postal/rm4scc_tables.h"

namespace backstamp::vision::four_state {
namespace {

// Cost of every row (ascenders, offset 0) or column (descenders, offset 1) of four bars.
std::array<float, 6> half_costs(const SoftBars& bars, int bar, int offset) {
  std::array<float, 6> costs{};
  for (std::size_t half = 0; half < costs.size(); ++half) {
    for (int i = 0; i < 4; ++i) {
      const float value = bars.half_bars[static_cast<std::size_t>(2 * (bar + i) + offset)];
      const bool printed = (postal::kRm4sccHalves[half] >> (3 - i) & 1) != 0;
      if ((value > 0) != printed) costs[half] += std::abs(value);
    }
  }
  return costs;
}

}  // namespace

CharacterCosts rm4scc_costs(const SoftBars& bars, int first_bar, int characters) {
  CharacterCosts costs(static_cast<std::size_t>(characters));
  for (int c = 0; c < characters; ++c) {
    const auto rows = half_costs(bars, first_bar + 4 * c, 0);
    const auto columns = half_costs(bars, first_bar + 4 * c, 1);
    for (std::size_t i = 0; i < 36; ++i)
      costs[static_cast<std::size_t>(c)][i] = rows[i / 6] + columns[i % 6];
  }
  return costs;
}

int sound_halves(const SoftBars& bars, int first_bar, int characters) {
  int sound = 0;
  for (int half = 0; half < 2 * characters; ++half) {
    int printed = 0;
    for (int i = 0; i < 4; ++i) {
      const int half_bar = 2 * (first_bar + 4 * (half / 2) + i) + half % 2;
      printed += bars.half_bars[static_cast<std::size_t>(half_bar)] > 0;
    }
    sound += printed == 2;
  }
  return sound;
}

std::vector<Choice> choices_of(const std::array<float, 36>& costs, std::string_view set) {
  std::vector<Choice> choices;
  for (const char character : set) {
    const std::size_t index = postal::kRm4sccCharacters.find(character);
    const int row = postal::rm4scc_weight(static_cast<int>(index / 6));
    const int column = postal::rm4scc_weight(static_cast<int>(index % 6));
    choices.push_back({costs[index], static_cast<std::uint8_t>(index),
                       static_cast<std::uint8_t>(6 * row + column)});
  }
  return choices;
}

}  // namespace backstamp::vision::four_state
