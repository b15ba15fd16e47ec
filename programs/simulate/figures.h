// What the station says of each piece at the moment of its decision: times and what reading cost.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/histogram.h"
#include "station/line.h"

namespace backstamp::simulate {

struct RungSum {
  std::uint64_t tries = 0;
  std::uint64_t reads = 0;
  std::chrono::nanoseconds spent{};
};

struct FigureSums {
  std::uint64_t pieces = 0;
  std::uint64_t without_picture = 0;
  /// The last line of a piece's last picture in memory → its decision handed to the sorter.
  Histogram latency;
  Histogram reading;  ///< of that, locating and decoding, on the wall
  Histogram waiting;  ///< the rest of it: queue, verifying, the index of duplicates, deciding
  std::chrono::nanoseconds read_cpu{};  ///< the workers' processor time for it
  std::map<std::string, RungSum> rungs;
  std::map<std::string, std::uint64_t> reasons;  ///< what was decided, and why
  std::map<std::string, std::uint64_t> causes;   ///< of pieces that were not read
  std::map<std::string, std::uint64_t> shed;
};

/// Thread-safe; take() returns at once.
class Figures {
 public:
  void take(const station::PieceRecord& piece);
  FigureSums so_far() const;

 private:
  mutable std::mutex mutex_;
  FigureSums sums_;
};

}  // namespace backstamp::simulate
