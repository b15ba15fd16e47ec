// The first rungs on a face: locate, then read only there.
#pragma once

#include <vector>

#include "base/clock.h"
#include "vision/frame.h"
#include "vision/ladder/accounts.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::vision {

struct LocatedResult {
  std::vector<Reading> readings;
  std::vector<Candidate> unread;  ///< places that look like a symbol and were not read
  bool out_of_time = false;
  float printed = 0;  ///< 0..1: the share of the face that is not plain paper
};

/// `half` is the face at half scale. Matrix codes, PDF417 and Code 128 where the face has their
/// texture, except within the outlines of `known`, which were read before. Reentrant.
LocatedResult read_located(ImageView face, ImageView half, Formats formats,
                           const std::vector<Reading>& known, SteadyTime deadline,
                           Accounts& accounts);

}  // namespace backstamp::vision
