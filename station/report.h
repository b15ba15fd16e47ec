// What a lane and a station report at the end, for machines and for people.
#pragma once

#include <string>

#include "station/lane.h"
#include "station/station.h"

namespace backstamp::station {

/// One line: pieces, pieces_per_s, read_ms and latency_ms percentiles, verdicts, reasons, causes.
std::string report_to_json(const LaneReport& report);

/// The same for people: a few lines.
std::string report_to_text(const LaneReport& report);

/// A station's whole report: the lane's with "epoch", "resumed_after", "committed",
/// "acknowledged", "uplink" and "evidence" beside it.
std::string station_report_to_json(const StationReport& report);
std::string station_report_to_text(const StationReport& report);

}  // namespace backstamp::station
