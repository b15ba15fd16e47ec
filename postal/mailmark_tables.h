// The shapes and symbols of the Mailmark (encoding and decoding instructions for barcodes C and L,
// September 2015), for those who decode bars softly. All functions are thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "postal/reed_solomon.h"

namespace backstamp::postal {

/// Barcode C or L. A symbol is one data or check number, printed as a group of three bars.
struct MailmarkShape {
  int symbols;  ///< groups of three bars: 22 or 26
  int even;     ///< the first ones hold numbers below 30 and have even parity: 9 or 11
  int checks;   ///< the last ones are Reed-Solomon checks: 6 or 7
  std::span<const std::uint8_t> group;  ///< where from the left each symbol stands

  int bars() const { return 3 * symbols; }
};

const MailmarkShape& mailmark_c();
const MailmarkShape& mailmark_l();

/// The Reed-Solomon code of a shape.
const ReedSolomon& mailmark_code(const MailmarkShape& shape);

/// The number that 6 bits stand for; -1 when there is none: the other parity or a symbol that is
/// never used. So one wrong half-bar always shows.
int mailmark_number(unsigned bits, bool even);
/// The inverse: `number` below 30 (even) or 32 (odd).
unsigned mailmark_bits(int number, bool even);

/// Which bit (5–0) of its symbol the half-bar of bar 0–2 of the group at `place` carries.
int mailmark_bit(int place, int bar, bool ascender);

}  // namespace backstamp::postal
