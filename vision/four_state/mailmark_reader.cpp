#include "vision/four_state/mailmark_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "postal/mailmark_bars.h"
#include "postal/mailmark_tables.h"
#include "vision/four_state/reed_solomon_search.h"

namespace backstamp::vision::four_state {
namespace {

using postal::MailmarkShape;

constexpr int kWindows = 3;  // places tried, likeliest first
// Of 2^132 symbols of barcode C 2^79 are codes, of 2^156 of L 2^92.3.
constexpr double kRedundancyBitsC = 52.9;
constexpr double kRedundancyBitsL = 63.6;
// Random bars are read with a chance of at most 2^-25 a window and way up: three windows, two ways.
constexpr double kLeastProofBits = 25;
constexpr double kBitsOfCheck = 5;
// A symbol that was damaged beyond correction is taken for another one with a chance of 2^-9.
constexpr double kLeastCheckBits = 9;
constexpr float kLeastGap = 0.8f;
constexpr int kMostUnsound = 9;  // symbols with the wrong parity; random bars have 9 or more often
constexpr int kSymbols = 26;
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
    search_words(
        code_, shape_.checks, unsure_,
        [&](unsigned turned) {
          Word word = read_;
          for (std::size_t i = 0; i < kTurned; ++i)
            if (turned >> i & 1) word[unsure_[i]] = symbols_[unsure_[i]].second;
          return word;
        },
        [&](const Word& word) { return offer(word, judge) <= shape_.checks / 2; });
  }

 private:
  // The groups in which the code of a word differs from the picture; all when it is no code.
  int offer(const Word& word, Judge& judge) const {
    float cost = 0;
    for (std::size_t i = 0; i < word.size(); ++i) cost += symbols_[i].cost[word[i]];
    if (cost >= kNever) return shape_.symbols;
    const auto code = postal::decode_mailmark_numbers(shape_, word);
    if (!code) return shape_.symbols;
    const std::string letters = postal::mailmark_letters(shape_, word);
    judge.offer({bars_, code->text(), letters, cost, kNever,
                 shape_.symbols == kSymbols ? kRedundancyBitsL : kRedundancyBitsC});
    return changed_groups(bars_, letters, 0);
  }

  const SoftBars& bars_;
  const MailmarkShape& shape_;
  const postal::ReedSolomon& code_;
  std::vector<Symbol> symbols_;
  Word read_;
  std::vector<std::size_t> unsure_;  // places of the word, least sure first
};

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
  const auto found = judge.verdict(kLeastGap);
  if (!found) return;
  // A changed group has its parity against it, besides the checks.
  const double check_bits =
      kBitsOfCheck * shape.checks + changed_groups(found->bars, found->letters, 0);
  const GroupProof proof = proof_of_groups(*found, shape.symbols, 0, check_bits);
  if (proof.against_neighbours >= kLeastCheckBits)
    accept(sequence, *found, postal::Symbology::mailmark, proof.against_random_bars,
           kLeastProofBits, attempt);
}

}  // namespace

Attempt read_mailmark(const BarSequence& sequence) {
  Attempt attempt;
  for (const MailmarkShape* shape : {&postal::mailmark_c(), &postal::mailmark_l()})
    if (std::abs(sequence.run() - shape->bars()) <= 2) read_shape(sequence, *shape, attempt);
  return attempt;
}

}  // namespace backstamp::vision::four_state
