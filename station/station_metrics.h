// What the parts of a station count, as metrics: one function a part, pure but for the page.
// docs/operations.md lists the names.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/metrics.h"
#include "station/camera.h"
#include "station/evidence.h"
#include "station/line.h"
#include "station/sorter.h"
#include "uplink/sender.h"
#include "vision/decode_pool.h"

namespace backstamp::station {

/// `labels` name the thing that is told of: {"lane", "LANE-1"}, {"camera", "front"}, {"link",
/// "telegram"}; empty where a station has one.
void add_metrics(metrics::Page& page, const LineCounters& line, const metrics::Labels& labels);
void add_metrics(metrics::Page& page, const Line::Latencies& times, const metrics::Labels& labels);
void add_metrics(metrics::Page& page, const CameraCounters& camera, const metrics::Labels& labels);
void add_metrics(metrics::Page& page, const SorterCounters& link, const metrics::Labels& labels);
void add_metrics(metrics::Page& page, const Evidence::Counters& evidence,
                 const metrics::Labels& labels);
void add_metrics(metrics::Page& page, const vision::PoolCounters& workers,
                 const metrics::Labels& labels);

/// The memory for frames at one moment (vision::FrameRing).
struct RingFigures {
  unsigned slots = 0;
  unsigned in_use = 0;
  std::uint64_t refused = 0;
};
void add_metrics(metrics::Page& page, const RingFigures& ring, const metrics::Labels& labels);

/// The journal at one moment.
struct JournalFigures {
  std::uint64_t appended = 0;      ///< highest sequence that was handed over
  std::uint64_t committed = 0;     ///< highest one on stable storage
  std::uint64_t acknowledged = 0;  ///< highest one that the data center holds
  std::uint64_t free_bytes = 0;    ///< of its file system; 0: not known
};
void add_metrics(metrics::Page& page, const JournalFigures& journal, const metrics::Labels& labels);
/// One gauge a state, of which one is 1.
void add_metrics(metrics::Page& page, const uplink::SenderStatus& uplink,
                 const metrics::Labels& labels);

struct KeyFigures {
  std::uint64_t sequence = 0;
  bool stale = false;
  bool clock_trusted = true;
};
void add_metrics(metrics::Page& page, const KeyFigures& keys, const metrics::Labels& labels);

/// AlarmBoard::raised: by name.
void add_metrics(metrics::Page& page, const std::map<std::string, std::uint64_t>& raised,
                 const metrics::Labels& labels);
/// The station's own state (sorter.h): one gauge a state, of which one is 1.
void add_metrics(metrics::Page& page, VisionState state, const metrics::Labels& labels);

}  // namespace backstamp::station
