// The outline of what lies on the belt between two gaps, line by line, and what it tells: one
// piece, several that touch, or one on another.
#pragma once

#include <span>
#include <vector>

#include "station/capture/strip_rows.h"

namespace backstamp::station::capture {

struct ProfileFinding {
  std::vector<int> seams;     ///< lines at which another piece begins, ascending
  std::vector<int> overlaps;  ///< lines at which one edge steps as no single piece's does
};

/// A few lines of belt, too few to be a gap, are a seam; so is a line at which both edges step.
/// An edge that steps alone is the beginning or end of a piece that lies on another; one that steps
/// inwards and comes back is dark print; what is shorter than any piece is dirt beside mail. The
/// slanting ends of a skewed piece are not steps, since an edge must be steady for two dozen lines
/// before and after. `first` and `last` are the first and last line with mail; seams lie
/// `shortest_px` from both and from one another.
ProfileFinding read_profile(std::span<const RowExtent> rows, int first, int last, int shortest_px);

}  // namespace backstamp::station::capture
