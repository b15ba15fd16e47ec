// The station of a simulation: configured as a real one would be for this line.
#pragma once

#include <filesystem>

#include "programs/simulate/mail.h"
#include "programs/simulate/options.h"
#include "programs/simulate/plan.h"
#include "station/config.h"
#include "vision/reader.h"

namespace backstamp::simulate {

inline constexpr const char* kStation = "SIMULATED";

/// A station with one lane a belt, a telegram link on a free port, and its journal in `folder`.
///
/// Its role is a later pass, where every piece comes by right as often as it likes: a simulation
/// shows the same few hundred faces again and again, which at an induction would be duplicates, all
/// of them. The index of duplicates is asked and told as in any role.
station::StationConfig found_station(const Options& options, const LinePlan& plan, const Mail& mail,
                                     const std::filesystem::path& folder);

/// How that station reads a face when it has time: what readings in calm are made with.
vision::ReadOptions read_options(const station::StationConfig& config);

}  // namespace backstamp::simulate
