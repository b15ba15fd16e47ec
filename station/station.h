// A station: a configured lane with its journal, its uplink and its evidence.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "postal/event.h"
#include "station/config.h"
#include "station/lane.h"
#include "station/parts.h"

namespace backstamp::station {

struct StationReport {
  LaneReport lane;
  std::uint64_t epoch = 0;
  std::uint64_t resumed_after = 0;  ///< pieces that the journal held already
  std::uint64_t committed = 0;      ///< highest sequence in the journal
  std::uint64_t acknowledged = 0;   ///< highest sequence that the data center holds
  std::string link;                 ///< state of the uplink at the end, for people
  std::uint64_t keys = 0;           ///< sequence of the key bundle in the end
  bool keys_stale = false;
  std::string clock;  ///< "trusted", or why it is not
  std::uint64_t evidence_kept = 0;
  std::uint64_t evidence_left_out = 0;
};

/// Sees each event after it was handed to the journal.
using OnEvent = std::function<void(const postal::ScanEvent& event)>;

/// Runs a station until its source ends or a stop is requested, then waits for the uplink. A
/// restart goes on after the last piece that the journal holds. Errors: the configuration's
/// files, a profile that does not fit the source, a journal that failed (then nothing more is
/// accepted), no worker processes.
Result<StationReport> run_station(const StationConfig& config, const Log& log,
                                  const OnEvent& on_event, std::stop_token stop);

}  // namespace backstamp::station
