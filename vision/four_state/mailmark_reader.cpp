#include "vision/four_state/mailmark_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "postal/mailmark_bars.h"
#include "postal/mailmark_tables.h"

namespace backstamp::vision::four_state {
namespace {

using postal::MailmarkShape;

constexpr int kWindows = 3;  // places tried, likeliest first
// Of 2^132 symbols of barcode C 2^79 are codes, of 2^156 of L 2^92.3.
constexpr double kRedundancyBitsC = 52.9;
constexpr double kRedundancyBitsL = 63.6;
// Random bars are read with a chance of at most 2^-25 a window and way up: three windows, two ways.
constexpr double kLeastProofBits = 25;
constexpr float kLeastGap = 0.8f;
constexpr int kMostUnsound = 9;  // symbols with the wrong parity; random bars have 9 or more often
constexpr int kSymbols = 26;
constexpr std::size_t kTurned = 4;  // least sure symbols that are also tried as their second best
constexpr float kNever = 1e6f;

// What each number costs at one symbol, and the best two.
struct Symbol {
  std::array<float, 32> cost{};
  std::uint8_t best = 0;
  std::uint8_t second = 0;
  float gap() const { return cost[second] - cost[best]; }
};
using Word = std::vector<std::uint8_t>;

Symbol weigh(const SoftBars& bars, int place, bool even) {
  std::array<float, 6> printed{};  // by bit
  for (int bar = 0; bar < 3; ++bar) {
    const auto half_bar = static_cast<std::size_t>(2 * (3 * place + bar));
    printed[static_cast<std::size_t>(postal::mailmark_bit(place, bar, true))] =
        bars.half_bars[half_bar];
    printed[static_cast<std::size_t>(postal::mailmark_bit(place, bar, false))] =
        bars.half_bars[half_bar + 1];
  }
  Symbol symbol;
  symbol.cost.fill(kNever);
  for (int number = 0; number < (even ? 30 : 32); ++number) {
    const unsigned bits = postal::mailmark_bits(number, even);
    float cost = 0;
    for (std::size_t bit = 0; bit < 6; ++bit)
      if ((printed[bit] > 0) != ((bits >> bit & 1) != 0)) cost += std::abs(printed[bit]);
    symbol.cost[static_cast<std::size_t>(number)] = cost;
  }
  std::array<std::uint8_t, 32> order{};
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  std::partial_sort(
      order.begin(), order.begin() + 2, order.end(),
      [&](std::uint8_t a, std::uint8_t b) { return symbol.cost[a] < symbol.cost[b]; });
  symbol.best = order[0];
  symbol.second = order[1];
  return symbol;
}

// The logarithm of how many symbols have at most `changed` groups of three bars that differ.
double freedom_of_groups(int groups, int changed) {
  double ways = 1, all = 1;
  for (int k = 1; k <= changed; ++k) {
    ways *= 63.0 * (groups - k + 1) / k;
    all += ways;
  }
  return std::log2(all);
}

int changed_groups(const SoftBars& bars, std::string_view letters) {
  const std::string read = letters_as_read(bars);
  int changed = 0;
  for (std::size_t bar = 0; bar < letters.size(); bar += 3)
    changed += read.compare(bar, 3, letters, bar, 3) != 0;
  return changed;
}

// One window, one way up.
class Decoder {
 public:
  Decoder(const SoftBars& bars, const MailmarkShape& shape)
      : bars_(bars), shape_(shape), code_(postal::mailmark_code(shape)) {
    for (int i = 0; i < shape.symbols; ++i) {
      symbols_.push_back(weigh(bars, shape.group[static_cast<std::size_t>(i)], i < shape.even));
      read_.push_back(symbols_.back().best);
    }
    unsure_.resize(symbols_.size());
    std::iota(unsure_.begin(), unsure_.end(), std::size_t{0});
    std::sort(unsure_.begin(), unsure_.end(),
              [&](std::size_t a, std::size_t b) { return symbols_[a].gap() < symbols_[b].gap(); });
  }

  // Symbols whose parity holds as read: half of them when the bars are no Mailmark.
  int sound() const {
    return static_cast<int>(std::count_if(symbols_.begin(), symbols_.end(),
                                          [](const Symbol& s) { return s.cost[s.best] == 0; }));
  }

  // More and more of the least sure symbols erased; some of them taken for their second best.
  // Codes differ in more symbols than a few changed ones can bridge: the first near one is alone.
  void search(Judge& judge) const {
    if (shape_.symbols - sound() > kMostUnsound) return;
    for (unsigned turned = 0; turned < 1u << kTurned; ++turned) {
      Word word = read_;
      for (std::size_t i = 0; i < kTurned; ++i)
        if (turned >> i & 1) word[unsure_[i]] = symbols_[unsure_[i]].second;
      const auto checks = static_cast<std::size_t>(shape_.checks);
      for (std::size_t erased = 0; erased <= checks; erased += turned == 0 ? 1 : 2)
        if (correct(word, erased, judge) <= shape_.checks / 2) return;
    }
  }

 private:
  // The groups of a code found that differ from the picture; all when there is none.
  int correct(Word word, std::size_t erased, Judge& judge) const {
    if (!code_.correct(word, std::span(unsure_).first(erased), shape_.checks))
      return shape_.symbols;
    float cost = 0;
    for (std::size_t i = 0; i < word.size(); ++i) cost += symbols_[i].cost[word[i]];
    if (cost >= kNever) return shape_.symbols;
    const auto code = postal::decode_mailmark_numbers(shape_, word);
    if (!code) return shape_.symbols;
    const std::string letters = postal::mailmark_letters(shape_, word);
    judge.offer({bars_, code->text(), letters, cost, kNever,
                 shape_.symbols == kSymbols ? kRedundancyBitsL : kRedundancyBitsC});
    return changed_groups(bars_, letters);
  }

  const SoftBars& bars_;
  const MailmarkShape& shape_;
  const postal::ReedSolomon& code_;
  std::vector<Symbol> symbols_;
  Word read_;
  std::vector<std::size_t> unsure_;  // places of the word, least sure first
};

// Scattered faults are few half-bars, a smear is few groups: the smaller freedom counts, and the
// choice between the two costs a bit.
double proof_of(const Hypothesis& hypothesis, const MailmarkShape& shape) {
  const double scattered = freedom_bits(hypothesis.bars, hypothesis.cost);
  const double smeared =
      freedom_of_groups(shape.symbols, changed_groups(hypothesis.bars, hypothesis.letters));
  return hypothesis.redundancy_bits - std::min(scattered, smeared) - 1;
}

void read_shape(const BarSequence& sequence, const MailmarkShape& shape, Attempt& attempt) {
  std::vector<int> starts = window_starts(sequence, shape.bars());
  starts.resize(std::min<std::size_t>(starts.size(), kWindows));
  Judge judge;
  for (const int from : starts) {
    for (const bool upside_down : {false, true}) {
      const SoftBars bars = cut_bars(sequence, from, shape.bars(), upside_down);
      const Decoder decoder(bars, shape);
      const float likeness =
          likeness_of(decoder.sound(), shape.symbols, 0.5f, sequence.run() == shape.bars());
      if (decoder.sound() == shape.symbols) attempt.cause = postal::NoReadCause::checksum;
      attempt.likeness = std::max(attempt.likeness, likeness);
      decoder.search(judge);
    }
  }
  if (const auto found = judge.verdict(kLeastGap))
    accept(sequence, *found, postal::Symbology::mailmark, proof_of(*found, shape), kLeastProofBits,
           attempt);
}

}  // namespace

Attempt read_mailmark(const BarSequence& sequence) {
  Attempt attempt;
  for (const MailmarkShape* shape : {&postal::mailmark_c(), &postal::mailmark_l()})
    if (std::abs(sequence.run() - shape->bars()) <= 2) read_shape(sequence, *shape, attempt);
  return attempt;
}

}  // namespace backstamp::vision::four_state
