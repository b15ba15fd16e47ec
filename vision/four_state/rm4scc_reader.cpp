#include "vision/four_state/rm4scc_reader.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "postal/bar_letters.h"
#include "postal/rm4scc_bars.h"
#include "postal/rm4scc_tables.h"
#include "postal/uk_postcode.h"
#include "vision/four_state/checksum_trellis.h"
#include "vision/four_state/rm4scc_characters.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kLeastCharacters = 5;
constexpr int kMostCharacters = 12;
constexpr std::size_t kWindows = 3;
constexpr int kSuffix = 2;  // characters of a delivery point suffix
// A postcode of 8 characters has 2^42.4 times as many symbols as there are valid ones; three
// half-bars changed use up 16 bits of that, more when many are unsure.
constexpr double kLeastProofBits = 24;
// Another symbol is only four half-bars away: where one sure half-bar was wrong, three others may
// have been. So only half-bars that the picture leaves in doubt are repaired.
constexpr float kSurestChange = 0.6f;
constexpr float kMostCost = 2.8f;
constexpr float kMostCostOfEnds = 0.4f;
constexpr float kFaint = 0.3f;  // a start or stop that is less than this is not there
// Without a postcode nothing is repaired, and nothing may be unsure: 2^-34 for 8 characters.
constexpr float kSure = 0.5f;
constexpr int kLeastOfAnyKind = 6;
constexpr float kNearPostcode = 5;
constexpr float kQuiet = 0.35f;  // darkness of the places beside it, at most
constexpr int kQuietPlaces = 3;
constexpr float kLeastGap = 0.8f;

// The forms that a content of so many characters may have.
std::vector<std::string_view> forms_of(int characters) {
  std::vector<std::string_view> forms;
  for (const std::string_view form : postal::kUkPostcodeForms) {
    const int size = static_cast<int>(form.size());
    if (size == characters) forms.push_back(form);
    if (size - kSuffix == characters) forms.push_back(form.substr(0, form.size() - kSuffix));
  }
  return forms;
}

double contents_of(std::string_view form) {
  double contents = 1;
  for (const char letter : form)
    contents *= static_cast<double>(postal::uk_postcode_set(letter).size());
  return contents;
}

// The check character takes from the sums what it stands for.
std::vector<Choice> check_choices(const std::array<float, 36>& costs) {
  std::vector<Choice> choices = choices_of(costs, postal::kRm4sccCharacters);
  for (Choice& choice : choices)
    choice.adds =
        static_cast<std::uint8_t>(6 * ((6 - choice.adds / 6) % 6) + (6 - choice.adds % 6) % 6);
  return choices;
}

// What start and stop cost: they tell where the symbol begins, so they must be as they should.
float cost_of_ends(const SoftBars& bars) {
  const auto& half_bars = bars.half_bars;
  return std::max(0.0f, -half_bars[0]) + std::max(0.0f, half_bars[1]) +
         std::max(0.0f, -half_bars[half_bars.size() - 2]) + std::max(0.0f, -half_bars.back());
}

void search_postcodes(const SoftBars& bars, int characters, float most_cost, Judge& judge) {
  const std::vector<std::string_view> forms = forms_of(characters);
  double contents = 0;
  for (const std::string_view form : forms) contents += contents_of(form);
  const CharacterCosts costs = rm4scc_costs(bars, 1, characters + 1);
  for (const std::string_view form : forms) {
    std::vector<std::vector<Choice>> places;
    for (std::size_t i = 0; i < form.size(); ++i)
      places.push_back(choices_of(costs[i], postal::uk_postcode_set(form[i])));
    places.push_back(check_choices(costs.back()));
    const auto found = likeliest(places, {6, 6}, most_cost);
    if (!found) continue;
    std::string text;
    for (std::size_t i = 0; i < form.size(); ++i)
      text += postal::kRm4sccCharacters[found->characters[i]];
    const std::string letters = postal::encode_rm4scc(text);
    const float ends = cost_of_ends(bars);
    judge.offer({bars, text, letters, found->cost + ends, found->runner_up + ends,
                 2.0 * bars.bars() - std::log2(contents)});
  }
}

// A content of any kind, as it was read. The rest of a longer symbol that was cut off passes its
// checks with a chance of 1 in 2,300, so nothing may stand beside it.
void take_as_read(const BarSequence& sequence, const SoftBars& bars, int characters, Judge& judge) {
  if (characters < kLeastOfAnyKind ||
      darkness_beside(sequence, bars.from, bars.bars(), kQuietPlaces) > kQuiet)
    return;
  for (const float value : bars.half_bars)
    if (std::abs(value) < kSure) return;
  const std::string letters = letters_as_read(bars);
  const auto text = postal::decode_rm4scc(letters);
  if (!text) return;
  // Four faults make a postcode something else: where one is near, it is that, damaged.
  Judge postcodes;
  search_postcodes(bars, characters, kNearPostcode, postcodes);
  if (!postcodes.empty()) return;
  judge.offer(
      {bars, *text, letters, 0, kMostCost, 2.0 * bars.bars() - characters * std::log2(36.0)});
}

void look_at(const BarSequence& sequence, const SoftBars& bars, Attempt& attempt, Judge& judge) {
  const int characters = (bars.bars() - 6) / 4;
  const bool fits = bars.bars() == sequence.run();
  const auto faint = [&](int k) {
    return sequence.bars[static_cast<std::size_t>(k)].presence < kFaint;
  };
  if (faint(bars.from) || faint(bars.from + bars.bars() - 1) ||
      cost_of_ends(bars) > kMostCostOfEnds)
    return;
  const int sound = sound_halves(bars, 1, characters + 1);
  const int halves = 2 * characters + 2;
  attempt.likeness = std::max(attempt.likeness, likeness_of(sound, halves, kSoundByChance, fits));
  if (sound == halves) attempt.cause = postal::NoReadCause::checksum;
  search_postcodes(bars, characters, kMostCost, judge);
  take_as_read(sequence, bars, characters, judge);
}

}  // namespace

Attempt read_rm4scc(const BarSequence& sequence) {
  Attempt attempt;
  Judge judge;
  for (int count = sequence.run() - 2; count <= sequence.run() + 2; ++count) {
    const int characters = (count - 6) / 4;
    if ((count - 6) % 4 != 0 || characters < kLeastCharacters || characters > kMostCharacters)
      continue;
    std::vector<int> starts = window_starts(sequence, count);
    starts.resize(std::min(starts.size(), kWindows));
    for (const int from : starts)
      for (const bool upside_down : {false, true})
        look_at(sequence, cut_bars(sequence, from, count, upside_down), attempt, judge);
  }
  const auto found = judge.verdict(kLeastGap);
  if (found && surest_change(found->bars, found->letters) <= kSurestChange)
    accept(sequence, *found, postal::Symbology::rm4scc,
           found->redundancy_bits - freedom_bits(found->bars, found->cost), kLeastProofBits,
           attempt);
  return attempt;
}

}  // namespace backstamp::vision::four_state
