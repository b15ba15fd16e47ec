// What the data words of an Aztec say: ISO/IEC 24778:2008, 7.3 (high-level encoding).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "vision/grid/words/words.h"

namespace backstamp::vision {

struct AztecContent {
  Bytes bytes;       ///< FNC1 within it as 0x1D; changes of the character set are left out
  bool gs1 = false;  ///< begins with FNC1, which is not among the bytes
};

/// Spells a corrected symbol (`dark`: by module, 1 dark). We spell ourselves because ZXing-cpp
/// takes a leading byte 0x1D for FNC1 and, up to 1.4, the padding of large symbols for bytes. None
/// when the words keep no sense: a reserved code, a code cut short by anything but padding, no
/// content.
std::optional<AztecContent> spell_aztec(const WordLayout& layout,
                                        std::span<const std::uint8_t> dark);

}  // namespace backstamp::vision
