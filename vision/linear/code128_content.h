// From the characters of a Code 128 to its content.
#pragma once

#include <span>

#include "base/bytes.h"
#include "postal/verdict.h"

namespace backstamp::vision {

/// What a symbol says, or why it says nothing.
struct Code128Content {
  Bytes bytes;
  bool gs1 = false;  ///< began with FNC1
  postal::NoReadCause cause = postal::NoReadCause::none;
};

/// The check character of a start and its data (ISO/IEC 15417, annex A): their weighted sum mod
/// 103.
int code128_check(std::span<const int> start_and_data);

/// The content of the characters from the start to the check character, without the stop (ISO/IEC
/// 15417, 4.3): plain bytes, ASCII and by FNC4 Latin-1. An FNC1 in the first place (or the second,
/// after one letter or two digits) says what the content is and is none of it; any other is 0x1D.
/// FNC2 (append to what another symbol holds) and FNC3 (settings for the reader) are no mail: cause
/// `format`, as for a start in another place and a content of no byte. A wrong check character is
/// `checksum`.
Code128Content code128_content(std::span<const int> characters);

}  // namespace backstamp::vision
