#include "vision/four_state/australia_post_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "postal/australia_post.h"
#include "vision/four_state/reed_solomon_search.h"

namespace backstamp::vision::four_state {
namespace {

constexpr std::size_t kWindows = 3;
constexpr int kStart = 2;    // bars, as many as the stop has
constexpr int kDigits = 10;  // control code and delivery point, two bars each
constexpr int kFirstCustomerBar = 22;
// 2^74 symbols of 37 bars, 5 · 10^8 codes; with a customer field 2^104 and 2^134, of which
// 10^8 · (64^5 + 10^8) and 10^8 · (64^10 + 10^15).
constexpr std::array<double, 3> kRedundancyBits{45.1, 47.2, 47.4};
constexpr double kLeastProofBits = 24;
constexpr double kCheckBits = 24;
// A symbol that was damaged beyond correction is taken for another one with a chance of 2^-10.
constexpr double kLeastCheckBits = 10;
constexpr float kLeastGap = 0.8f;
constexpr float kMostCostOfEnds = 1.1f;  // of the four bars one half-bar may be wrong
constexpr float kNever = 1e6f;

// Bars that are read together: what they are likeliest, and what else they may be.
struct Piece {
  int bar = 0;
  std::string best;
  std::string second;
  float gap = kNever;
};

float cost_at(const SoftBars& bars, int bar, std::string_view letters) {
  SoftBars part;
  const auto from = bars.half_bars.begin() + 2 * bar;
  part.half_bars.assign(from, from + 2 * static_cast<std::ptrdiff_t>(letters.size()));
  return cost_of(part, letters);
}

Piece weigh(const SoftBars& bars, int bar, const std::vector<std::string>& options) {
  Piece piece{bar, {}, {}, kNever};
  float best = kNever, second = kNever;
  for (const std::string& option : options) {
    const float cost = cost_at(bars, bar, option);
    if (cost < best) {
      second = best;
      piece.second = piece.best;
      best = cost;
      piece.best = option;
    } else if (cost < second) {
      second = cost;
      piece.second = option;
    }
  }
  piece.gap = second - best;
  return piece;
}

std::vector<Piece> pieces_of(const SoftBars& bars) {
  std::vector<std::string> digits;
  for (int digit = 0; digit < 10; ++digit) digits.emplace_back(postal::australia_post_digit(digit));
  std::vector<Piece> pieces;
  for (int i = 0; i < kDigits; ++i) pieces.push_back(weigh(bars, kStart + 2 * i, digits));
  const int checks = bars.bars() - kStart - 3 * postal::kAustraliaPostChecks;
  for (int bar = kFirstCustomerBar; bar < bars.bars() - kStart; ++bar) {
    // With 37 and 67 bars the last one before the checks is always a tracker.
    const bool filler = bar == checks - 1 && bars.bars() != 52;
    pieces.push_back(weigh(
        bars, bar,
        filler ? std::vector<std::string>{"T"} : std::vector<std::string>{"A", "D", "F", "T"}));
  }
  return pieces;
}

// One window, one way up.
class Decoder {
 public:
  explicit Decoder(const SoftBars& bars) : bars_(bars), pieces_(pieces_of(bars)) {
    letters_ = "AT" + std::string(static_cast<std::size_t>(bars.bars() - 2 * kStart), 'T') + "AT";
    for (const Piece& piece : pieces_) put(letters_, piece, piece.best);
    const std::size_t symbols = postal::australia_post_word(letters_).size();
    std::vector<float> gaps(symbols, kNever);
    for (const Piece& piece : pieces_) {
      for (std::size_t i = 0; i < piece.best.size(); ++i) {
        float& gap = gaps[(static_cast<std::size_t>(piece.bar - kStart) + i) / 3];
        gap = std::min(gap, piece.gap);
      }
    }
    unsure_.resize(symbols);
    std::iota(unsure_.begin(), unsure_.end(), std::size_t{0});
    std::sort(unsure_.begin(), unsure_.end(),
              [&](std::size_t a, std::size_t b) { return gaps[a] < gaps[b]; });
    std::sort(pieces_.begin(), pieces_.end(),
              [](const Piece& a, const Piece& b) { return a.gap < b.gap; });
  }

  void search(double redundancy_bits, Judge& judge) const {
    search_words(
        postal::australia_post_code(), postal::kAustraliaPostChecks, unsure_,
        [&](unsigned turned) {
          std::string letters = letters_;
          for (std::size_t i = 0; i < kTurned; ++i)
            if (turned >> i & 1 && !pieces_[i].second.empty())
              put(letters, pieces_[i], pieces_[i].second);
          return postal::australia_post_word(letters);
        },
        [&](const std::vector<std::uint8_t>& word) {
          const std::string letters = postal::australia_post_letters(word);
          const auto code = postal::decode_australia_post(letters);
          if (!code) return false;
          judge.offer(
              {bars_, code->text(), letters, cost_of(bars_, letters), kNever, redundancy_bits});
          return changed_groups(bars_, letters, kStart) <= postal::kAustraliaPostChecks / 2;
        });
  }

 private:
  static void put(std::string& letters, const Piece& piece, const std::string& bars) {
    letters.replace(static_cast<std::size_t>(piece.bar), bars.size(), bars);
  }

  const SoftBars& bars_;
  std::vector<Piece> pieces_;  // least sure first
  std::string letters_;        // of the likeliest pieces
  std::vector<std::size_t> unsure_;
};

// Pairs of bars that are a digit as read: 10 of 16 by chance.
int sound_digits(const SoftBars& bars) {
  const std::string read = letters_as_read(bars);
  int sound = 0;
  for (int i = 0; i < kDigits; ++i) {
    const std::string pair = read.substr(static_cast<std::size_t>(kStart + 2 * i), 2);
    for (int digit = 0; digit < 10; ++digit) sound += postal::australia_post_digit(digit) == pair;
  }
  return sound;
}

void look_at(const SoftBars& bars, bool fits, double redundancy_bits, Attempt& attempt,
             Judge& judge) {
  const float ends = cost_at(bars, 0, "AT") + cost_at(bars, bars.bars() - kStart, "AT");
  if (ends > kMostCostOfEnds) return;
  const int sound = sound_digits(bars);
  const float likeness = likeness_of(sound, kDigits, 10.0f / 16, fits && ends == 0);
  attempt.likeness = std::max(attempt.likeness, likeness);
  if (sound == kDigits && ends == 0) attempt.cause = postal::NoReadCause::checksum;
  Decoder(bars).search(redundancy_bits, judge);
}

}  // namespace

Attempt read_australia_post(const BarSequence& sequence) {
  Attempt attempt;
  for (std::size_t kind = 0; kind < postal::kAustraliaPostBars.size(); ++kind) {
    const int count = postal::kAustraliaPostBars[kind];
    if (std::abs(sequence.run() - count) > 2) continue;
    Judge judge;
    std::vector<int> starts = window_starts(sequence, count);
    starts.resize(std::min(starts.size(), kWindows));
    for (const int from : starts)
      for (const bool upside_down : {false, true})
        look_at(cut_bars(sequence, from, count, upside_down), count == sequence.run(),
                kRedundancyBits[kind], attempt, judge);
    const auto found = judge.verdict(kLeastGap);
    if (!found) continue;
    const GroupProof proof = proof_of_groups(*found, (count - 2 * kStart) / 3, kStart, kCheckBits);
    if (proof.against_neighbours >= kLeastCheckBits)
      accept(sequence, *found, postal::Symbology::australia_post, proof.against_random_bars,
             kLeastProofBits, attempt);
  }
  return attempt;
}

}  // namespace backstamp::vision::four_state
