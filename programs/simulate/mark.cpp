#include "programs/simulate/mark.h"

namespace backstamp::simulate {

void mark_for_unruly_worker(vision::Frame& picture, WorkerFault fault) {
  (void)picture;
  (void)fault;
}

}  // namespace backstamp::simulate
