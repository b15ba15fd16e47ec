// Opens a spool: what is good, what is torn, what is damaged, and where to go on.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "uplink/event_log.h"
#include "uplink/spool/catalog.h"
#include "uplink/spool/position.h"
#include "uplink/spool/segment.h"
#include "uplink/storage.h"

namespace backstamp::uplink::spool {

struct Opened {
  std::uint64_t epoch = 0;
  std::uint64_t next_sequence = 1;
  std::uint64_t acknowledged = 0;
  Catalog catalog;
  Recovery report;
  PositionFile position;
  SegmentWriter writer;
};

/// Everything that it returns as recovered is on stable storage. Fails: io, refused (the spool of
/// another station), invalid (no header can be read).
Result<Opened> recover(const EventLogOptions& options, std::shared_ptr<Storage> storage);

}  // namespace backstamp::uplink::spool
