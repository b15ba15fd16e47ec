// Counts every request of C++ for memory, in any thread of the program. It replaces operator new,
// so a program has it in exactly one of its sources.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

// A sanitizer has new and malloc for itself: nothing is counted then. GCC says so by a macro, clang
// by a feature.
#define BACKSTAMP_COUNTS 1
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef BACKSTAMP_COUNTS
#define BACKSTAMP_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#undef BACKSTAMP_COUNTS
#define BACKSTAMP_COUNTS 0
#endif
#endif

namespace backstamp::test {

inline std::atomic<std::uint64_t> new_requests = 0;

}  // namespace backstamp::test

#if BACKSTAMP_COUNTS
// What new gives here is malloc's, and so is delete's to free.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  backstamp::test::new_requests.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif
