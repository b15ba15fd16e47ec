#include <unistd.h>

#include <cstdio>

#include "programs/dataset/commands.h"

namespace backstamp::programs {

ProgressLine::ProgressLine(std::string program, std::string what)
    : program_(std::move(program)),
      what_(std::move(what)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      last_(std::chrono::steady_clock::now()) {}

ProgressLine::~ProgressLine() {
  if (shown_ && terminal_) std::fputc('\n', stderr);
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(250) : 10s)) return;
  last_ = now;
  shown_ = true;
  std::fprintf(stderr, "%s%s: %llu", terminal_ ? "\r" : "", program_.c_str(),
               static_cast<unsigned long long>(done));
  if (total > 0) std::fprintf(stderr, " of %llu", static_cast<unsigned long long>(total));
  std::fprintf(stderr, " %s%s", what_.c_str(), terminal_ ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace backstamp::programs
