// Linear codes, read from the box that holds them: averaged along the bars, then each character by
// its likelihood under the blur and the ink spread that the symbol itself shows.
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/locate/geometry.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// What a box gave: a reading, or a candidate with the cause where the box looks like a symbol of
/// the kinds asked for, or neither.
struct LinearAttempt {
  std::optional<Reading> reading;
  std::optional<Candidate> candidate;
};

/// What to look for.
struct LinearKinds {
  bool code128 = true;
  bool itf = true;
};

/// A linear code in a box whose x axis runs across the bars; the ends of the box may be off by some
/// 40 pixels and its direction by two degrees.
///
/// Code 128 (ISO/IEC 15417) of at least three data characters, GS1-128 included; content as told at
/// code128_content(). Rung "code128", or "code128-soft" when eight lines did not give it.
/// Interleaved 2 of 5 (ISO/IEC 16390) only as Leitcode (14 digits) and Identcode (12) of Deutsche
/// Post, with their check digit. Rung "itf" or "itf-soft".
///
/// A candidate says `located_not_decoded` when its characters are not clear enough, `checksum` or
/// `format` when they are and do not agree.
LinearAttempt read_linear(ImageView face, const OrientedBox& box, LinearKinds kinds = {});

}  // namespace backstamp::vision
