// Scan events as bytes: the versioned protobuf schema (events.proto), used on disk and on the wire.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "postal/event.h"

namespace backstamp::uplink {

/// The versions of ScanEvent that are written and read: of a live line, and of a replay, which has
/// nothing that version 2 did not have.
inline constexpr std::uint32_t kEventVersion = 3;
inline constexpr std::uint32_t kReplayVersion = 2;
inline constexpr std::size_t kSampleNameBytes = 256;       ///< ScanEvent::sample
inline constexpr std::chrono::hours kLongestDuration{24};  ///< read_time, latency

/// One event as protobuf bytes: deterministic, at most limits::kEventBytes. Fails (invalid, limit)
/// when parse_event would refuse the bytes.
Result<Bytes> serialize_event(const postal::ScanEvent& event);

/// Strict: every enum known, every text and list within its limit, codes and names valid, and the
/// bytes exactly those that serialize_event gives. Fails (invalid, limit).
Result<postal::ScanEvent> parse_event(ByteView bytes);

/// Makes an event that can be serialized of one whose face, file name or clock goes beyond the
/// limits: leaves out evidence that does not fit, the contents of the longest codes and the codes
/// beyond limits::kReadingsPerFrame, puts `?` in the place of what is not plain text in `sample`
/// and cuts it, and brings durations into their range. False when it was fit as it was.
bool fit_event(postal::ScanEvent& event);

/// Stands for an event that was lost (damaged on disk, or lost before its commit): piece 0, not
/// read, cause `none`. No live piece has number 0.
postal::ScanEvent make_gap(const postal::EventId& id);
bool is_gap(const postal::ScanEvent& event);

}  // namespace backstamp::uplink
