// The loop of a worker: take a request, do it, answer.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/error.h"
#include "vision/pool/wire.h"

namespace backstamp::vision {

/// What a worker sees of the pool's memory.
struct WorkerMemory {
  ByteView input;   ///< its own: what the pool copied for it
  ByteView frames;  ///< the ring that all workers share; empty when the pool has none
  std::span<std::uint8_t> output;
};

/// Does one request: reads the input or a frame, fills the output and the answer's sizes. An Error
/// becomes the answer.
using Handler =
    std::function<Result<WireAnswer>(const WireRequest& request, const WorkerMemory& memory)>;

/// Takes the descriptors from the command line and maps them (the ring for reading alone), asks the
/// machine for what the pool wants of it, runs `warm_up` (what must open files or start up slowly),
/// closes every descriptor but the socket, enters the sandbox, says that it is ready and serves
/// until the other end closes.
int serve(int argument_count, char** arguments, std::size_t address_space_bytes,
          const std::function<void()>& warm_up, const Handler& handler);

}  // namespace backstamp::vision
