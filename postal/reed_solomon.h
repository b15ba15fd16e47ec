// Reed-Solomon codes over the small fields of 4-state bars: GF(32) for Mailmark, GF(64) for
// Australia Post.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/reed_solomon.h"

namespace backstamp::postal {

/// A code over GF(2^m), 4 ≤ m ≤ 8, whose generator has the roots a^1 … a^checks. The first symbol
/// of a word is its highest coefficient, the checks come last. Immutable, so thread-safe.
class ReedSolomon {
 public:
  /// `polynomial` is the primitive polynomial of the field, its highest bit included: 0x25, 0x43.
  ReedSolomon(unsigned polynomial, int checks);

  /// The check symbols of `data`; every symbol must be below the field's size.
  std::vector<std::uint8_t> checks_of(std::span<const std::uint8_t> data) const;

  /// Is it a word of the code? False for words that are too long or have symbols out of the field.
  bool valid(std::span<const std::uint8_t> word) const;

  /// What correcting found.
  struct Corrected {
    int errors = 0;    ///< symbols that were wrong without being erased
    int erasures = 0;  ///< symbols that were given as erased
    int spent() const { return 2 * errors + erasures; }  ///< of the checks
  };

  /// Makes `word` a word of the code by changing the symbols at the places in `erased` (different
  /// ones) and others, when 2·errors + erasures ≤ `limit` ≤ checks suffices. Else none, and `word`
  /// is as it was. What is left of the checks is the proof that the correction is the right one.
  std::optional<Corrected> correct(std::span<std::uint8_t> word,
                                   std::span<const std::size_t> erased, int limit) const;

 private:
  bool sound(std::span<const std::uint8_t> word) const;

  GaloisField field_;
  int checks_;
  std::vector<std::uint8_t> generator_;  // element i is of x^i
};

}  // namespace backstamp::postal
