// What a worker gives up before it looks at anything from outside.
#pragma once

#include <cstddef>

namespace backstamp::vision {

/// From here on this process opens no file, socket or program and starts no thread or process: a
/// seccomp filter refuses every other system call (x86-64 and arm64), and limits forbid new
/// descriptors, cores and more than `address_space_bytes`. What is open stays usable, but for the
/// standard streams, which lead nowhere. Sanitized builds keep only the descriptor limits and
/// standard error (their run time needs the rest). False when the kernel refuses.
bool enter_sandbox(std::size_t address_space_bytes);

}  // namespace backstamp::vision
