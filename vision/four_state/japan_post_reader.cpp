#include "vision/four_state/japan_post_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postal/bar_letters.h"
#include "postal/japan_post.h"
#include "vision/four_state/checksum_trellis.h"

namespace backstamp::vision::four_state {
namespace {

using postal::kJapanPostBars;
using postal::kJapanPostCharacters;
using postal::kJapanPostValues;

constexpr std::size_t kWindows = 3;
constexpr int kDigits = 10;
constexpr int kUsedValues = 15;  // digits, the hyphen and control codes 1 to 4
// 2^134 symbols; 10^7 postcodes and at most 15^13 addresses.
constexpr double kRedundancyBits = 59.9;
constexpr double kLeastProofBits = 24;
// As with other codes of one check character, another symbol is only four half-bars away.
constexpr float kSurestChange = 0.6f;
constexpr float kLeastGap = 0.8f;
constexpr float kMostCost = 2.8f;
constexpr float kMostCostOfEnds = 0.4f;

using Costs = std::array<float, kJapanPostValues>;

// What every value costs at a character; the check character is the last one.
std::vector<Costs> weigh(const SoftBars& bars) {
  std::vector<Costs> all(kJapanPostCharacters + 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (int value = 0; value < kJapanPostValues; ++value) {
      const std::string_view letters = postal::japan_post_bars(value);
      float cost = 0;
      for (std::size_t bar = 0; bar < letters.size(); ++bar) {
        const std::size_t half_bar = 2 * (2 + 3 * i + bar);
        const float up = bars.half_bars[half_bar], down = bars.half_bars[half_bar + 1];
        if ((up > 0) != postal::has_ascender(letters[bar])) cost += std::abs(up);
        if ((down > 0) != postal::has_descender(letters[bar])) cost += std::abs(down);
      }
      all[i][static_cast<std::size_t>(value)] = cost;
    }
  }
  return all;
}

std::vector<Choice> choices_of(const Costs& costs, int values) {
  std::vector<Choice> choices;
  for (int value = 0; value < values; ++value)
    choices.push_back({costs[static_cast<std::size_t>(value)], static_cast<std::uint8_t>(value),
                       static_cast<std::uint8_t>(value)});
  return choices;
}

void search(const SoftBars& bars, const std::vector<Costs>& costs, Judge& judge) {
  std::vector<std::vector<Choice>> places;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const int values = i < postal::kJapanPostPostcode ? kDigits
                       : i < kJapanPostCharacters     ? kUsedValues
                                                      : kJapanPostValues;
    places.push_back(choices_of(costs[i], values));
  }
  const auto found = likeliest(places, {kJapanPostValues, 1}, kMostCost);
  if (!found) return;
  const std::span<const std::uint8_t> values(found->characters);
  const auto text = postal::japan_post_text(values.first(kJapanPostCharacters));
  if (!text) return;
  const std::string letters = postal::encode_japan_post(*text);
  const float cost = cost_of(bars, letters);
  judge.offer({bars, *text, letters, cost, found->runner_up + cost - found->cost, kRedundancyBits});
}

void look_at(const BarSequence& sequence, const SoftBars& bars, Attempt& attempt, Judge& judge) {
  const auto& half_bars = bars.half_bars;
  const auto size = half_bars.size();
  // Start is full and descending, stop descending and full.
  const std::array<float, 8> ends{half_bars[0],        half_bars[1],         -half_bars[2],
                                  half_bars[3],        -half_bars[size - 4], half_bars[size - 3],
                                  half_bars[size - 2], half_bars[size - 1]};
  float cost_of_ends = 0;
  for (const float end : ends) cost_of_ends += std::max(0.0f, -end);
  if (cost_of_ends > kMostCostOfEnds) return;
  const std::vector<Costs> costs = weigh(bars);
  const auto sound = std::count_if(costs.begin(), costs.end(), [](const Costs& c) {
    return *std::min_element(c.begin(), c.end()) == 0;
  });
  const int characters = static_cast<int>(costs.size());
  attempt.likeness =
      std::max(attempt.likeness, likeness_of(static_cast<int>(sound), characters,
                                             static_cast<float>(kJapanPostValues) / 64,
                                             sequence.run() == kJapanPostBars));
  if (sound == characters) attempt.cause = postal::NoReadCause::checksum;
  search(bars, costs, judge);
}

}  // namespace

Attempt read_japan_post(const BarSequence& sequence) {
  Attempt attempt;
  if (std::abs(sequence.run() - kJapanPostBars) > 2) return attempt;
  Judge judge;
  std::vector<int> starts = window_starts(sequence, kJapanPostBars);
  starts.resize(std::min(starts.size(), kWindows));
  for (const int from : starts)
    for (const bool upside_down : {false, true})
      look_at(sequence, cut_bars(sequence, from, kJapanPostBars, upside_down), attempt, judge);
  const auto found = judge.verdict(kLeastGap);
  if (found && surest_change(found->bars, found->letters) <= kSurestChange)
    accept(sequence, *found, postal::Symbology::japan_post,
           found->redundancy_bits - freedom_bits(found->bars, found->cost), kLeastProofBits,
           attempt);
  return attempt;
}

}  // namespace backstamp::vision::four_state
