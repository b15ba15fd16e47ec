// What a data center tells those who watch it. Pure, but for the page. docs/operations.md lists the
// names.
#pragma once

#include "base/http.h"
#include "base/metrics.h"
#include "datacenter/store/records.h"
#include "uplink/receiver.h"

namespace backstamp::datacenter {

void add_metrics(metrics::Page& page, const StoreFigures& store, UtcTime now);
void add_metrics(metrics::Page& page, const uplink::ReceiverCounters& uplink);
void add_metrics(metrics::Page& page, const http::ServerCounters& https);

/// What the running process has measured itself.
struct OwnFigures {
  Histogram store_time;  ///< of one batch of events, its commit included
  Histogram read_time;   ///< of the queries behind these pages
  bool has_box = false;
  bool box_reached = false;
  std::uint64_t keys_sequence = 0;  ///< of the bundle that is published; 0: none is
};
void add_metrics(metrics::Page& page, const OwnFigures& own);

/// Sums; for receivers that followed each other.
uplink::ReceiverCounters operator+(uplink::ReceiverCounters sum,
                                   const uplink::ReceiverCounters& more);

}  // namespace backstamp::datacenter
