// What a decode worker does between its requests and its answers.
#pragma once

#include <cstddef>

#include "vision/frame.h"
#include "vision/pool/serve.h"

namespace backstamp::vision {

/// What a decode worker may have of memory, beside what it shares with the pool.
inline constexpr std::size_t kDecodeWorkerBytes = 2ull << 30;

/// What the first face would otherwise pay for: tables, and the allocator's first pages.
void warm_up_reader();

/// The face that a request is about; an empty view when it lies nowhere.
ImageView face_of(const WireRequest& request, const WorkerMemory& memory);

/// Reads the face of a request. Fails (invalid): a malformed one.
Result<WireAnswer> read_request(const WireRequest& request, const WorkerMemory& memory);

}  // namespace backstamp::vision
