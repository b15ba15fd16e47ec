// A scan event and a lane's report as JSON, for machines and logs.
#pragma once

#include <string>

#include "postal/event.h"
#include "station/lane.h"
#include "station/station.h"

namespace backstamp::station {

/// One line: {"station":…, "epoch":…, "sequence":…, "piece":…, "sample":…, "codes":[…],
/// "token":{…}|null, "code":…|null, "verdict":…, "decision":…, "reason":…, "cause":…, …}.
std::string event_to_json(const postal::ScanEvent& event);

/// One line: pieces, pieces_per_s, read_ms and latency_ms percentiles, verdicts, reasons, causes.
std::string report_to_json(const LaneReport& report);

/// The same for people: a few lines.
std::string report_to_text(const LaneReport& report);

/// A station's whole report: the lane's with "epoch", "resumed_after", "committed",
/// "acknowledged", "uplink" and "evidence" beside it.
std::string station_report_to_json(const StationReport& report);
std::string station_report_to_text(const StationReport& report);

}  // namespace backstamp::station
