// The first rungs on a face: locate, then read only there.
#pragma once

#include <vector>

#include "vision/frame.h"
#include "vision/ladder/accounts.h"
#include "vision/ladder/effort.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::vision {

struct LocatedResult {
  std::vector<Reading> readings;
  std::vector<Candidate> unread;  ///< places that look like a symbol and were not read
  float printed = 0;              ///< 0..1: the share of the face that is not plain paper
};

/// `half` is the face at half scale. Matrix codes, PDF417 and Code 128 where the face has their
/// texture, except within the outlines of `known`, which were read before. Places that `effort`
/// does not allow are left out. Reentrant.
LocatedResult read_located(ImageView face, ImageView half, const ReadOptions& options,
                           const std::vector<Reading>& known, Effort& effort, Accounts& accounts);

}  // namespace backstamp::vision
