// Two runs over the same mail: what changed, and whether the newer one lost anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/statistics.h"
#include "programs/bench/run_file.h"

namespace backstamp::bench {

struct GateOptions {
  double significance = 0.01;  ///< a change less probable than this by chance is one
  double slower = 0.05;        ///< so much slower is still no loss
};

/// How many symbols only one of the runs read, of one type (or "all") in one class (or "all").
struct RateChange {
  std::string type;
  std::string face_class;
  std::uint64_t symbols = 0;
  std::uint64_t read_before = 0;
  std::uint64_t read_after = 0;
  std::uint64_t lost = 0;
  std::uint64_t gained = 0;
  double probability = 1;  ///< McNemar's exact test, two-sided
  bool loss = false;
};

/// New time to old, paired by face; over 1 is slower.
struct TimeChange {
  std::size_t faces = 0;
  /// What the machine itself became slower by: the median change of the peer's time, where both
  /// runs have it; else 1. Already divided out of the others.
  double machine = 1;
  double median = 1;
  Interval median_interval;
  double mean = 1;  ///< of the sums
  Interval mean_interval;
  bool loss = false;
};

struct Comparison {
  std::size_t faces = 0;             ///< that both runs have
  std::size_t added = 0;             ///< that only the new one has
  std::vector<std::string> missing;  ///< images that only the old one has: a loss
  std::vector<RateChange> rates;
  TimeChange time;
  std::vector<std::string> lost;  ///< "a.png hard IMb 3132"
  std::vector<std::string> gained;
  std::vector<std::string> new_misreads;  ///< "a.png IMb 3132": each one is a loss
  std::vector<std::string> new_crashes;   ///< images: each one is a loss

  bool loss() const;
};

/// Fails (invalid) when a face has another truth in the two runs, none is in both, or they were
/// measured with different clocks.
Result<Comparison> compare_runs(const RecordedRun& before, const RecordedRun& after,
                                const GateOptions& options);

std::string compare_report(const Comparison& comparison, const GateOptions& options);
std::string compare_report_json(const Comparison& comparison, const GateOptions& options);

}  // namespace backstamp::bench
