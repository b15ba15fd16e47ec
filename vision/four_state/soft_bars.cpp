#include "vision/four_state/soft_bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "postal/bar_letters.h"

namespace backstamp::vision::four_state {
namespace {

constexpr float kAbsent = 0.55f;           // presence of the place past an end
constexpr float kGapPerSquareScatter = 6;  // e^12: one in 160,000
constexpr float kOfOtherCount = 0.25f;
constexpr int kStepsOfSureness = 16;
constexpr int kMostCostSteps = 20 * kStepsOfSureness;

float presence_at(const BarSequence& sequence, int place) {
  return place < 0 || place >= static_cast<int>(sequence.bars.size())
             ? 0.0f
             : std::clamp(sequence.bars[static_cast<std::size_t>(place)].presence, 0.0f, 1.0f);
}

bool differs(float half_bar, bool printed) {
  return (half_bar > 0) != printed;
}

}  // namespace

SoftBars cut_bars(const BarSequence& sequence, int from, int count, bool upside_down) {
  SoftBars result{from, upside_down, {}, {}};
  result.measured.reserve(static_cast<std::size_t>(2 * count));
  for (int k = 0; k < count; ++k) {
    const Bar& bar = sequence.bars[static_cast<std::size_t>(from + k)];
    // A bar that is faint in its middle has halves that say little.
    const float trust = std::clamp(2 * bar.presence - 0.6f, 0.0f, 1.0f);
    result.measured.push_back(trust * bar.ascender);
    result.measured.push_back(trust * bar.descender);
  }
  if (upside_down) std::reverse(result.measured.begin(), result.measured.end());
  result.half_bars.reserve(result.measured.size());
  for (const float value : result.measured)
    result.half_bars.push_back(std::clamp(value, -1.0f, 1.0f));
  return result;
}

std::vector<int> window_starts(const BarSequence& sequence, int count) {
  struct Start {
    int from;
    float likelihood;
  };
  std::vector<Start> starts;
  const auto presence = [&](int k) { return presence_at(sequence, k); };
  for (int from = 0; from + count <= static_cast<int>(sequence.bars.size()); ++from) {
    const int to = from + count - 1;
    const float outside = std::max(presence(from - 1), presence(to + 1));
    const float inside = std::min(std::max(presence(from), presence(from + 1)),
                                  std::max(presence(to), presence(to - 1)));
    if (outside > kAbsent || inside < kAbsent) continue;
    starts.push_back({from, presence(from) + presence(to) - presence(from - 1) - presence(to + 1) -
                                0.5f * (presence(from - 2) + presence(to + 2))});
  }
  std::sort(starts.begin(), starts.end(),
            [](const Start& a, const Start& b) { return a.likelihood > b.likelihood; });
  std::vector<int> result;
  for (const Start& start : starts) result.push_back(start.from);
  return result;
}

float darkness_beside(const BarSequence& sequence, int from, int count, int places) {
  float darkest = 0;
  for (int k = 1; k <= places; ++k)
    darkest = std::max(
        {darkest, presence_at(sequence, from - k), presence_at(sequence, from + count - 1 + k)});
  return darkest;
}

std::string letters_as_read(const SoftBars& bars) {
  std::string letters;
  for (std::size_t h = 0; h + 1 < bars.half_bars.size(); h += 2)
    letters += postal::bar_letter(bars.half_bars[h] > 0, bars.half_bars[h + 1] > 0);
  return letters;
}

float cost_of(const SoftBars& bars, std::string_view letters) {
  float cost = 0;
  for (std::size_t k = 0; k < letters.size(); ++k) {
    const float up = bars.half_bars[2 * k], down = bars.half_bars[2 * k + 1];
    if (differs(up, postal::has_ascender(letters[k]))) cost += std::abs(up);
    if (differs(down, postal::has_descender(letters[k]))) cost += std::abs(down);
  }
  return cost;
}

float surest_change(const SoftBars& bars, std::string_view letters) {
  float surest = 0;
  for (std::size_t k = 0; k < letters.size(); ++k) {
    const float up = bars.half_bars[2 * k], down = bars.half_bars[2 * k + 1];
    if (differs(up, postal::has_ascender(letters[k]))) surest = std::max(surest, std::abs(up));
    if (differs(down, postal::has_descender(letters[k]))) surest = std::max(surest, std::abs(down));
  }
  return surest;
}

int changed_bars(const SoftBars& bars, std::string_view letters) {
  const std::string read = letters_as_read(bars);
  int changed = 0;
  for (std::size_t k = 0; k < letters.size(); ++k) changed += read[k] != letters[k];
  return changed;
}

float scatter_of(const SoftBars& bars, std::string_view letters) {
  float sum = 0;
  for (std::size_t k = 0; k < letters.size(); ++k) {
    const float up = postal::has_ascender(letters[k]) ? 1.0f : -1.0f;
    const float down = postal::has_descender(letters[k]) ? 1.0f : -1.0f;
    const float off_up = std::clamp(bars.measured[2 * k] - up, -2.0f, 2.0f);
    const float off_down = std::clamp(bars.measured[2 * k + 1] - down, -2.0f, 2.0f);
    sum += off_up * off_up + off_down * off_down;
  }
  return std::sqrt(sum / static_cast<float>(std::max<std::size_t>(2, 2 * letters.size())));
}

double freedom_bits(const SoftBars& bars, float cost) {
  if (cost == 0) {
    return static_cast<double>(
        std::count_if(bars.half_bars.begin(), bars.half_bars.end(),
                      [](float value) { return std::abs(value) < 1.0f / kStepsOfSureness; }));
  }
  const int steps = std::min(static_cast<int>(std::ceil(cost * kStepsOfSureness)), kMostCostSteps);
  // ways[s]: how many sets of changed half-bars cost s steps. Sureness is rounded down, so the
  // count is never too small.
  std::array<double, kMostCostSteps + 1> ways{};
  ways[0] = 1;
  for (const float value : bars.half_bars) {
    const int weight = static_cast<int>(std::abs(value) * kStepsOfSureness);
    for (int s = steps; s >= weight; --s)
      ways[static_cast<std::size_t>(s)] += ways[static_cast<std::size_t>(s - weight)];
  }
  double all = 0;
  for (int s = 0; s <= steps; ++s) all += ways[static_cast<std::size_t>(s)];
  return std::log2(all);
}

bool Attempt::better_than(const Attempt& other) const {
  if (reading.has_value() != other.reading.has_value()) return reading.has_value();
  return reading ? proof_bits > other.proof_bits : likeness > other.likeness;
}

float likeness_of(int valid, int parts, float chance, bool fits) {
  if (parts <= 0) return 0;
  const float share = static_cast<float>(valid) / static_cast<float>(parts);
  const float likeness = std::clamp((share - chance) / (1 - chance), 0.0f, 1.0f);
  return fits ? likeness : kOfOtherCount * likeness;
}

void Judge::offer(Hypothesis hypothesis) {
  for (Hypothesis& known : hypotheses_) {
    if (known.text != hypothesis.text) continue;
    hypothesis.runner_up = std::min(hypothesis.runner_up, known.runner_up);
    if (hypothesis.cost < known.cost) std::swap(known, hypothesis);
    known.runner_up = std::min(hypothesis.runner_up, known.runner_up);
    return;
  }
  hypotheses_.push_back(std::move(hypothesis));
}

std::optional<Hypothesis> Judge::verdict(float least_gap) const {
  if (hypotheses_.empty()) return std::nullopt;
  const auto cheapest =
      std::min_element(hypotheses_.begin(), hypotheses_.end(),
                       [](const Hypothesis& a, const Hypothesis& b) { return a.cost < b.cost; });
  float next = cheapest->runner_up;
  for (auto other = hypotheses_.begin(); other != hypotheses_.end(); ++other)
    if (other != cheapest) next = std::min(next, other->cost);
  // With noise of this scatter a difference of g makes the costlier content e^(2g/scatter²) times
  // less likely.
  const float scatter = scatter_of(cheapest->bars, cheapest->letters);
  const float gap = std::max(least_gap, kGapPerSquareScatter * scatter * scatter);
  return next - cheapest->cost < gap ? std::nullopt : std::optional(*cheapest);
}

Reading to_reading(const BarSequence& sequence, const SoftBars& bars, postal::Symbology symbology,
                   std::string_view text, std::string_view letters) {
  Reading reading;
  reading.symbology = symbology;
  reading.text = text;
  reading.content.assign(text.begin(), text.end());
  reading.outline = outline_of(sequence, bars.from, bars.from + bars.bars() - 1);
  if (bars.upside_down)
    std::rotate(reading.outline.begin(), reading.outline.begin() + 2, reading.outline.end());
  reading.module_px = sequence.pitch_px;
  reading.contrast = sequence.contrast;
  reading.repaired_bars = changed_bars(bars, letters);
  for (const char c : postal::to_string(symbology))
    reading.rung += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return reading;
}

void accept(const BarSequence& sequence, const Hypothesis& hypothesis, postal::Symbology symbology,
            double proof_bits, double least, Attempt& attempt) {
  if (proof_bits < least) return;
  attempt.reading =
      to_reading(sequence, hypothesis.bars, symbology, hypothesis.text, hypothesis.letters);
  attempt.proof_bits = proof_bits;
  attempt.spare_bits = proof_bits - least;
  const double most = std::max(0.1, hypothesis.redundancy_bits - least);
  attempt.reading->correction_margin =
      static_cast<float>(std::clamp((proof_bits - least) / most, 0.0, 1.0));
}

}  // namespace backstamp::vision::four_state
