// From the words of a PDF417, each more or less sure, to its content.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "postal/verdict.h"

namespace backstamp::vision::stacked {

/// One place of a symbol as it was seen.
struct Word {
  std::uint16_t value = 0;
  float margin = 0;  ///< how much better this value fits than any other; 0: nothing was seen
};

/// What the row indicators tell.
struct Shape {
  int rows = 0;     ///< 3 … 90
  int columns = 0;  ///< of data, 1 … 30
  int level = 0;    ///< of error correction, 0 … 8
  int checks() const { return 2 << level; }
  bool valid() const;
  bool operator==(const Shape&) const = default;
};

/// The left and the right row indicator of a row (ISO/IEC 15438, 5.11.3).
int left_indicator(const Shape& shape, int row);
int right_indicator(const Shape& shape, int row);

struct Decoded {
  Bytes content;
  std::vector<std::uint16_t> words;  ///< corrected, check words included
  int used = 0;                      ///< check words that correction took
};

inline constexpr int kSpareWords = 2;

/// Corrects and unpacks `words` (row by row, rows × columns), trying ever more of the least sure
/// ones as erasures, seven times at most. At least `spare` check words stay unused and the length
/// word must be right, so noise between true row indicators passes with a probability below
/// 7 · 929^(-spare - 1): with two, one in a hundred million. Else the cause: checksum when there is
/// more damage than correction, format when what was corrected is no content.
std::expected<Decoded, postal::NoReadCause> decode_words(const Shape& shape,
                                                         std::span<const Word> words,
                                                         int spare = kSpareWords);

}  // namespace backstamp::vision::stacked
