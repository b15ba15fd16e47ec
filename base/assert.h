// Assertions that stay on in release: a programming fault stops the process, never corrupts it.
#pragma once

namespace backstamp {

/// Prints the failed condition to standard error and aborts. Not for anything from outside.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace backstamp

#define BACKSTAMP_ASSERT(condition) \
  ((condition) ? (void)0 : ::backstamp::assertion_failed(#condition, __FILE__, __LINE__))
