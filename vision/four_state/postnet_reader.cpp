#include "vision/four_state/postnet_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "postal/postnet.h"
#include "vision/four_state/checksum_trellis.h"

namespace backstamp::vision::four_state {
namespace {

using postal::TallBars;

constexpr std::array<int, 4> kDigits{5, 9, 11, 13};
constexpr float kSurelyAbsent = -0.3f;  // every descender
constexpr float kQuiet = 0.35f;         // darkness of the places beside the symbol, at most
constexpr int kQuietPlaces = 3;
constexpr float kMostCost = 2.8f;
constexpr float kLeastGap = 0.8f;
constexpr float kSurestChange = 0.5f;
// Bars of two heights pass for a ZIP (32 bars) with a chance of 2^-15.4, for a ZIP+4 of 2^-22.1,
// for 11 digits of 2^-25.5, for 13 of 2^-28.8. Where bars are repaired, more is asked for.
constexpr double kLeastProofBits = 15;
constexpr double kLeastProofBitsRepaired = 20;
constexpr float kSure = 0.4f;

void search(const SoftBars& bars, TallBars kind, int digits, Attempt& attempt, Judge& judge) {
  std::vector<std::vector<Choice>> places(static_cast<std::size_t>(digits + 1));
  int sound = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    float least = kMostCost;
    for (int digit = 0; digit < 10; ++digit) {
      const std::string_view letters = postal::postnet_bars(kind, digit);
      float cost = 0;
      for (std::size_t bar = 0; bar < letters.size(); ++bar) {
        const float tall = bars.half_bars[2 * (1 + 5 * i + bar)];
        if ((tall > 0) != (letters[bar] == 'A')) cost += std::abs(tall);
      }
      least = std::min(least, cost);
      places[i].push_back(
          {cost, static_cast<std::uint8_t>(digit), static_cast<std::uint8_t>(digit)});
    }
    sound += least == 0;
  }
  attempt.likeness = std::max(attempt.likeness, likeness_of(sound, digits + 1, 10.0f / 32, true));
  if (sound == digits + 1) attempt.cause = postal::NoReadCause::checksum;
  const auto found = likeliest(places, {10, 1}, kMostCost);
  if (!found) return;
  std::string text;
  for (const std::uint8_t digit : found->characters) text += static_cast<char>('0' + digit);
  text.pop_back();
  const std::string letters = postal::encode_postnet(kind, text);
  const float cost = cost_of(bars, letters);
  judge.offer({bars, text, letters, cost, found->runner_up + cost - found->cost,
               bars.bars() - digits * std::log2(10.0)});
}

bool stands_on_a_line(const SoftBars& bars) {
  for (std::size_t h = 1; h < bars.half_bars.size(); h += 2)
    if (bars.half_bars[h] > kSurelyAbsent) return false;
  return true;
}

bool all_sure(const SoftBars& bars) {
  return std::all_of(bars.half_bars.begin(), bars.half_bars.end(),
                     [](float value) { return std::abs(value) >= kSure; });
}

Attempt read(const BarSequence& sequence, TallBars kind, postal::Symbology symbology) {
  Attempt attempt;
  Judge judge;
  for (const int digits : kDigits) {
    const int count = 5 * (digits + 1) + 2;
    if (!postal::postnet_has(kind, digits) || count != sequence.run()) continue;
    for (const bool upside_down : {false, true}) {
      const SoftBars bars = cut_bars(sequence, sequence.first, count, upside_down);
      const bool framed =
          bars.half_bars.front() > 0 && bars.half_bars[bars.half_bars.size() - 2] > 0;
      if (framed && stands_on_a_line(bars)) search(bars, kind, digits, attempt, judge);
    }
  }
  const auto found = judge.verdict(kLeastGap);
  if (!found || surest_change(found->bars, found->letters) > kSurestChange ||
      darkness_beside(sequence, found->bars.from, found->bars.bars(), kQuietPlaces) > kQuiet)
    return attempt;
  const bool exact = found->cost == 0 && all_sure(found->bars);
  accept(sequence, *found, symbology,
         found->redundancy_bits - freedom_bits(found->bars, found->cost),
         exact ? kLeastProofBits : kLeastProofBitsRepaired, attempt);
  return attempt;
}

}  // namespace

Attempt read_postnet(const BarSequence& sequence) {
  return read(sequence, TallBars::two_of_five, postal::Symbology::postnet);
}

Attempt read_planet(const BarSequence& sequence) {
  return read(sequence, TallBars::three_of_five, postal::Symbology::planet);
}

}  // namespace backstamp::vision::four_state
