// The soft-decision core that all 4-state readers share: bars of a symbol as signed sureness, what
// a content costs against the picture, and how much of the code's proof that cost uses up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postal/symbology.h"
#include "postal/verdict.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// Half-bars of a symbol in its own reading order: 2k is the ascender of bar k, 2k + 1 its
/// descender.
struct SoftBars {
  int from = 0;  ///< first bar in the sequence, as it stands in the picture
  bool upside_down = false;
  std::vector<float> half_bars;  ///< above 0: printed; the distance from 0, at most 1: how sure
  std::vector<float> measured;   ///< the same before it was limited

  int bars() const { return static_cast<int>(half_bars.size() / 2); }
};

/// `count` bars of a sequence from `from` on, one way up.
SoftBars cut_bars(const BarSequence& sequence, int from, int count, bool upside_down);

/// Starts of `count` bars with nothing just before and after them, likeliest first.
std::vector<int> window_starts(const BarSequence& sequence, int count);

/// How dark the places beside a window are at most, of `places` on each side: 1 as a bar.
float darkness_beside(const BarSequence& sequence, int from, int count, int places);

/// The bars as they stand: letters of postal/bar_letters.h.
std::string letters_as_read(const SoftBars& bars);

/// How much a symbol goes against the picture: the sureness of all half-bars that it has otherwise.
float cost_of(const SoftBars& bars, std::string_view letters);

/// The sureness of the surest half-bar that a symbol has otherwise; 0 when it has none.
float surest_change(const SoftBars& bars, std::string_view letters);

/// Bars that a symbol has otherwise than they were read.
int changed_bars(const SoftBars& bars, std::string_view letters);

/// How far the half-bars scatter around ±1 if the symbol is this one (root of the mean square).
float scatter_of(const SoftBars& bars, std::string_view letters);

/// The logarithm (base 2) of how many symbols go no more against the picture than by `cost`, valid
/// or not. A code that has one valid symbol in 2^R takes random bars for a symbol of at most this
/// cost with a chance of 2^(freedom − R) or less: R − freedom bits of proof are left.
double freedom_bits(const SoftBars& bars, float cost);

/// What one reader made of a sequence of bars.
struct Attempt {
  std::optional<Reading> reading;
  double proof_bits = 0;  ///< random bars give such a reading with a chance of 2^-proof_bits
  double spare_bits = 0;  ///< of them beyond what its reader asks for
  /// How much the bars look like this symbology, proved or not: 0 as chance has it, 1 as a sound
  /// symbol.
  float likeness = 0;
  postal::NoReadCause cause = postal::NoReadCause::located_not_decoded;

  /// Is this the better explanation of the same bars?
  bool better_than(const Attempt& other) const;
};

/// How much more often than by `chance` parts of a symbol are valid as read: 0..1; a quarter of
/// it when the row has another number of bars.
float likeness_of(int valid, int parts, float chance, bool fits);

/// A content that bars may have, found by some search of a reader.
struct Hypothesis {
  SoftBars bars;
  std::string text;
  std::string letters;         ///< the symbol of that content
  float cost = 0;              ///< cost_of(bars, letters)
  float runner_up = 0;         ///< cost of the next best content that the search weighed
  double redundancy_bits = 0;  ///< R above, of the contents that the search weighed
};

/// Collects hypotheses about one row; only one that stands alone and is proved becomes a reading.
class Judge {
 public:
  /// Equal texts are one hypothesis: the cheaper one.
  void offer(Hypothesis hypothesis);
  bool empty() const { return hypotheses_.empty(); }
  /// The cheapest hypothesis, unless another content comes so near that noise could have made it
  /// (by the scatter of the half-bars, at least `least_gap`).
  std::optional<Hypothesis> verdict(float least_gap) const;

 private:
  std::vector<Hypothesis> hypotheses_;
};

/// Makes a reading of a hypothesis when `proof_bits` of its code are left, at least `least`.
void accept(const BarSequence& sequence, const Hypothesis& hypothesis, postal::Symbology symbology,
            double proof_bits, double least, Attempt& attempt);

/// The reading that a symbol is, without its margin.
Reading to_reading(const BarSequence& sequence, const SoftBars& bars, postal::Symbology symbology,
                   std::string_view text, std::string_view letters);

}  // namespace backstamp::vision::four_state
