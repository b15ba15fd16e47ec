// A line on standard error while faces are made: at once on a terminal, else every ten seconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace backstamp::simulate {

/// Thread-bound.
class ProgressLine {
 public:
  ProgressLine();
  void show(const char* what, std::uint64_t done, std::uint64_t total);  ///< total 0: not known
  void end();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace backstamp::simulate
