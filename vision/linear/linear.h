// Linear codes, read from the box that holds them: averaged along the bars, then each character by
// its likelihood under the blur and the ink spread that the symbol itself shows.
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/locate/geometry.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// What a box gave: a reading, or a candidate with the cause where the box looks like a symbol of
/// the kind asked for, or neither.
struct LinearAttempt {
  std::optional<Reading> reading;
  std::optional<Candidate> candidate;
};

/// A Code 128 (ISO/IEC 15417) of at least three data characters, GS1-128 included, in a box whose x
/// axis runs across the bars; its ends may be off by some 40 pixels and its direction by two
/// degrees. Content as told at code128_content(). Rung "code128", or "code128-soft" when eight
/// lines did not give it. A candidate says `located_not_decoded` when its characters are not clear
/// enough, `checksum` or `format` when they are and do not agree.
LinearAttempt read_code128(ImageView face, const OrientedBox& box);

}  // namespace backstamp::vision
