// A run as a picture: how long faces took, and how much of each class was read.
#pragma once

#include <string>

#include "programs/bench/read_run.h"

namespace backstamp::bench {

/// One SVG document without scripts, fonts or links: the share of faces read within a time (both
/// readers where there are two; the axis of time is logarithmic), and the read rate of each family
/// of symbols in each class with its 95 % interval.
std::string plot_run(const ReadPlan& plan, const ReadRun& run);

}  // namespace backstamp::bench
