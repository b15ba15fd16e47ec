// The loop of a worker: take a request, do it, answer.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/error.h"
#include "vision/pool/wire.h"

namespace backstamp::vision {

/// Does one request: reads the input, fills the output and the answer's sizes. An Error becomes
/// the answer.
using Handler = std::function<Result<WireAnswer>(const WireRequest& request, ByteView input,
                                                 std::span<std::uint8_t> output)>;

/// Takes the descriptors from the command line, runs `warm_up` (what must open files or start up
/// slowly), enters the sandbox, says that it is ready and serves until the other end closes.
int serve(int argument_count, char** arguments, std::size_t address_space_bytes,
          const std::function<void()>& warm_up, const Handler& handler);

}  // namespace backstamp::vision
