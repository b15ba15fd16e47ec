// Pictures that an unruly decode worker (tests/support) obeys: the tests' stand-in for pictures
// that exploit a decoder. The worker of a release sees nothing in them.
#pragma once

#include "programs/simulate/plan.h"
#include "vision/frame.h"

namespace backstamp::simulate {

/// Writes the mark of a fault over the picture's first row.
void mark_for_unruly_worker(vision::Frame& picture, WorkerFault fault);

}  // namespace backstamp::simulate
