// What the doctor looks at, by whose configuration it is.
#pragma once

#include "datacenter/config.h"
#include "programs/doctor/findings.h"
#include "station/config.h"

namespace backstamp::doctor {

void check_station(Findings& findings, const station::StationConfig& config);
void check_datacenter(Findings& findings, const datacenter::Config& config);

// ---- parts that have a file of their own --------------------------------------------------------

/// Root, bundle: there, of each other, fresh.
void check_keys(Findings& findings, const std::filesystem::path& bundle,
                const std::filesystem::path& root, std::chrono::microseconds stale_after);
/// Does the data center answer at this endpoint, and does it take this station's key? The key is
/// only tried when no station of this configuration runs, which would be disturbed.
void check_uplink(Findings& findings, const station::StationConfig& config, bool running);
/// Do the worker programs start and do their work?
void check_workers(Findings& findings);

}  // namespace backstamp::doctor
