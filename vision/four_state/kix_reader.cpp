#include "vision/four_state/kix_reader.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "postal/kix.h"
#include "postal/rm4scc_bars.h"
#include "postal/rm4scc_tables.h"
#include "vision/four_state/checksum_trellis.h"
#include "vision/four_state/rm4scc_characters.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kLeastCharacters = 7;
constexpr int kMostCharacters = 18;
constexpr float kQuiet = 0.35f;  // darkness of the places beside the symbol, at most
constexpr int kQuietPlaces = 3;
constexpr float kMostStep = 0.25f;  // of the paper past one end to that past the other, in bars
constexpr float kPresent = 0.6f;    // of its first and last bar, at least
// Nothing but the two-of-four speaks against a wrong half-bar: one that is undecided may be taken
// from the picture's second choice, no more.
constexpr float kMostCost = 0.35f;
constexpr float kWeighedUpTo = 3;
constexpr float kLeastGap = 0.9f;
// 28 bars hold an address with a chance of 2^-30, 48 bars with one of 2^-55.
constexpr double kLeastProofBits = 24;

double contents_of(const std::vector<std::string>& forms) {
  double all = 0;
  for (const std::string& form : forms) {
    double contents = 1;
    for (const char letter : form) contents *= static_cast<double>(postal::kix_set(letter).size());
    all += contents;
  }
  return all;
}

void search_addresses(const SoftBars& bars, Judge& judge) {
  const int characters = bars.bars() / 4;
  const std::vector<std::string> forms = postal::kix_forms(characters);
  const CharacterCosts costs = rm4scc_costs(bars, 0, characters);
  for (const std::string& form : forms) {
    std::vector<std::vector<Choice>> places;
    for (std::size_t i = 0; i < form.size(); ++i) {
      places.push_back(choices_of(costs[i], postal::kix_set(form[i])));
      for (Choice& choice : places.back()) choice.adds = 0;
    }
    const auto found = likeliest(places, {1, 1}, kWeighedUpTo);
    if (!found) continue;
    std::string text;
    for (const std::uint8_t index : found->characters) text += postal::kRm4sccCharacters[index];
    judge.offer({bars, text, postal::encode_kix(text), found->cost, found->runner_up,
                 2.0 * bars.bars() - std::log2(contents_of(forms))});
  }
}

// Does the symbol begin and end where the window does? A label over its last character leaves a
// shorter address that is one, too; but its paper is another than that past the other end.
bool stands_alone(const BarSequence& sequence, const SoftBars& bars) {
  if (std::abs(sequence.step_before - sequence.step_after) > kMostStep) return false;
  const auto presence = [&](int k) { return sequence.bars[static_cast<std::size_t>(k)].presence; };
  return presence(bars.from) > kPresent && presence(bars.from + bars.bars() - 1) > kPresent &&
         darkness_beside(sequence, bars.from, bars.bars(), kQuietPlaces) < kQuiet;
}

}  // namespace

Attempt read_kix(const BarSequence& sequence) {
  Attempt attempt;
  Judge judge;
  for (int count = sequence.run() - 2; count <= sequence.run() + 2; ++count) {
    const int characters = count / 4;
    if (count % 4 != 0 || characters < kLeastCharacters || characters > kMostCharacters) continue;
    for (const int from : window_starts(sequence, count)) {
      for (const bool upside_down : {false, true}) {
        const SoftBars bars = cut_bars(sequence, from, count, upside_down);
        const int sound = sound_halves(bars, 0, characters);
        attempt.likeness =
            std::max(attempt.likeness,
                     likeness_of(sound, 2 * characters, kSoundByChance, count == sequence.run()));
        if (sound == 2 * characters) attempt.cause = postal::NoReadCause::format;
        search_addresses(bars, judge);
      }
    }
  }
  const auto found = judge.verdict(kLeastGap);
  if (found && found->cost <= kMostCost && stands_alone(sequence, found->bars))
    accept(sequence, *found, postal::Symbology::kix,
           found->redundancy_bits - freedom_bits(found->bars, found->cost), kLeastProofBits,
           attempt);
  return attempt;
}

}  // namespace backstamp::vision::four_state
