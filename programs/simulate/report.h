// What a simulation found out, for machines and for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "programs/simulate/mail.h"
#include "programs/simulate/options.h"
#include "programs/simulate/run.h"

namespace backstamp::simulate {

inline constexpr double kInTime = 0.9999;  ///< of a paced run's decisions, at least
inline constexpr double kSettled_s = 10;   ///< memory is looked at from then on

struct Report {
  Options options;
  std::uint64_t faces = 0;
  std::uint64_t face_bytes = 0;
  std::string mix;
  std::optional<RunResult> paced;
  std::optional<RunResult> unpaced;
};

/// Of the decisions that were due, how many the machine had in time; those whose link was broken on
/// purpose are not counted.
double in_time(const RunResult& run);
/// Memory from kSettled_s on (of a shorter run: as soon as it was measured), and at the end.
MemorySample settled_memory(const RunResult& run);
MemorySample last_memory(const RunResult& run);

/// What the run did not keep of its promises, a sentence each; empty: all of them held.
std::vector<std::string> broken_promises(const RunResult& run, const Options& options);

/// One line: the figures of the paced run (of the other, where there was none), then more.
std::string report_to_json(const Report& report);
/// Tables.
std::string report_to_text(const Report& report);

}  // namespace backstamp::simulate
