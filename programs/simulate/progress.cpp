#include "programs/simulate/progress.h"

#include <unistd.h>

#include <cstdio>

namespace backstamp::simulate {

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDERR_FILENO) == 1), last_(std::chrono::steady_clock::now()) {}

void ProgressLine::show(const char* what, std::uint64_t done, std::uint64_t total) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(250) : 10s)) return;
  last_ = now;
  shown_ = true;
  std::fprintf(stderr, "%ssimulate: %llu", terminal_ ? "\r\x1b[K" : "",
               static_cast<unsigned long long>(done));
  if (total > 0) std::fprintf(stderr, " of %llu", static_cast<unsigned long long>(total));
  std::fprintf(stderr, " %s%s", what, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void ProgressLine::end() {
  if (shown_ && terminal_) std::fputc('\n', stderr);
  shown_ = false;
}

}  // namespace backstamp::simulate
