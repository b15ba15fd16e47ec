// Several looks at one picture joined into one answer.
#pragma once

#include <vector>

#include "vision/reading.h"

namespace backstamp::vision {

/// Whether two outlines cover the same place: their boxes, grown by a tenth of their longer side,
/// overlap. (A linear code's outline may be a mere line.)
bool same_place(const Quad& a, const Quad& b);

/// Appends `more` to `readings`, leaving out what is there already (same symbology, same content,
/// same place) and what goes past limits::kReadingsPerFrame.
void merge_readings(std::vector<Reading>& readings, std::vector<Reading> more);

/// Adds a candidate; of two that have each other's middle in them, the one that looks more like a
/// symbol stays.
void note_unread(std::vector<Candidate>& unread, const Candidate& candidate);

/// Removes the candidates that lie where something was read.
void drop_read_candidates(std::vector<Candidate>& candidates, const std::vector<Reading>& readings);

}  // namespace backstamp::vision
