// The worker's side of a DecodePool: what the worker programs' mains call.
#pragma once

namespace backstamp::vision {

/// Serves `read` requests until the pool closes its end. The arguments are the pool's own: numbers
/// of inherited descriptors and how to run (vision/pool/arguments.h). Returns the exit status.
int decode_worker_main(int argument_count, char** arguments);

/// Serves `unpack` requests; else the same.
int image_worker_main(int argument_count, char** arguments);

}  // namespace backstamp::vision
