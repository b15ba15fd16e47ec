// Soft decoding of 4-state codes that Reed-Solomon protects, three bars a symbol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "postal/reed_solomon.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// The least sure parts of a symbol that are also tried as their second best.
inline constexpr unsigned kTurned = 4;

/// Gives `found` the words of a code near to what was read: with more and more of the symbols in
/// `unsure` (places, least sure first) erased, and with every choice of the first kTurned doubts
/// turned: `word_of` gives the word for a set of them, one bit each. Ends when `found` says so; at
/// most 16 · (checks + 1) corrections.
template <typename WordOf, typename Found>
void search_words(const postal::ReedSolomon& code, int checks, std::span<const std::size_t> unsure,
                  WordOf word_of, Found found) {
  for (unsigned turned = 0; turned < 1u << kTurned; ++turned) {
    const std::vector<std::uint8_t> read = word_of(turned);
    for (std::size_t erased = 0; erased <= static_cast<std::size_t>(checks);
         erased += turned == 0 ? 1 : 2) {
      std::vector<std::uint8_t> word = read;
      if (code.correct(word, unsure.first(erased), checks) && found(word)) return;
    }
  }
}

/// Groups of three bars from `first_bar` on that a symbol has otherwise than they were read.
int changed_groups(const SoftBars& bars, std::string_view letters, int first_bar);

/// Bits of proof that a hypothesis of `groups` groups of three bars leaves, against two ways to be
/// wrong. Scattered faults are few half-bars, damage of symbols is few groups, a smear is one short
/// stretch of bars: the smallest freedom counts, and the choice costs a bit and a half.
struct GroupProof {
  double against_random_bars = 0;  ///< of all the redundancy
  /// Of the checks alone: in a damaged symbol of the same kind all else holds by itself, so a wrong
  /// correction has only the checks against it.
  double against_neighbours = 0;
};
GroupProof proof_of_groups(const Hypothesis& hypothesis, int groups, int first_bar,
                           double check_bits);

}  // namespace backstamp::vision::four_state
