// Scan events as bytes: the versioned protobuf schema (events.proto), used on disk and on the wire.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "postal/event.h"

namespace backstamp::uplink {

/// One event as protobuf bytes: deterministic, at most limits::kEventBytes.
Result<Bytes> serialize_event(const postal::ScanEvent& event);

/// Strict: every enum known, every text and list within its limit, codes and names valid.
Result<postal::ScanEvent> parse_event(ByteView bytes);

}  // namespace backstamp::uplink
