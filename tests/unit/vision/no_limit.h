// Effort without an end, for tests of what work gives rather than of what it may cost.
#pragma once

#include "vision/ladder/effort.h"

namespace backstamp::vision::test {

/// Every step is allowed.
inline Effort& no_limit() {
  thread_local Effort effort;
  return effort;
}

}  // namespace backstamp::vision::test
