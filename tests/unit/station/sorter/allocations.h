// Counts what this thread takes from the heap: operator new of the whole test program is replaced.
#pragma once

#include <cstdint>

namespace backstamp::test {

std::uint64_t allocations();  ///< of the calling thread, since it began

}  // namespace backstamp::test
