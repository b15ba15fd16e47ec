// The machine: its clock, its processors, what it allows a real-time process.
#pragma once

#include "programs/doctor/findings.h"
#include "station/live_config.h"

namespace backstamp::doctor {

/// Is the clock kept right, by what, and how far may it be off? A year that cannot be is a fault.
void check_clock(Findings& findings);

/// Time zones are rules that change: is there a database?
void check_time_zones(Findings& findings);

/// Do the processors run at full speed?
void check_governor(Findings& findings);

/// What the configuration asks of the machine, and what the machine allows this user.
void check_realtime(Findings& findings, const station::LiveConfig& live);

}  // namespace backstamp::doctor
