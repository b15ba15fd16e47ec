// Segment headers and records of the spool as bytes (docs/formats/spool.md). Numbers are
// little-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/sha256.h"

namespace backstamp::uplink::spool {

inline constexpr std::size_t kSegmentHeaderBytes = 128;
inline constexpr std::size_t kRecordHeaderBytes = 52;
inline constexpr std::size_t kRecordBytes = kRecordHeaderBytes + limits::kEventBytes;

struct SegmentHeader {
  std::string station;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 0;
  Sha256 previous{};  ///< hash of the last record before this segment; zeros in the first one
};

Bytes encode_segment_header(const SegmentHeader& header);
/// None unless the magic, version, CRC and every field are right.
std::optional<SegmentHeader> decode_segment_header(ByteView bytes);

enum class RecordType : std::uint8_t {
  event = 1,  ///< the payload is a ScanEvent of events.proto
  gap = 2,    ///< everything after the record before it up to `sequence` is lost; no payload
};

struct Record {
  RecordType type = RecordType::event;
  std::uint64_t sequence = 0;
  Sha256 previous{};  ///< SHA-256 of the record before it, of the segment header for the first
  ByteView payload;   ///< borrowed
  std::size_t size() const { return kRecordHeaderBytes + payload.size(); }
};

/// Appends the record to `out`; returns its SHA-256, which the next record carries.
Sha256 encode_record(const Record& record, std::uint64_t epoch, Bytes& out);
/// The record at the front of `bytes`; none unless its CRC, which begins with the epoch, agrees.
/// The epoch is drawn by chance: what somebody prints in a symbol never passes for a record.
std::optional<Record> decode_record(ByteView bytes, std::uint64_t epoch);

/// Length and sequence as a record header claims them, unproven; none when they cannot be.
struct Claim {
  std::uint64_t size = 0;  ///< header and payload
  std::uint64_t sequence = 0;
};
std::optional<Claim> claimed(ByteView bytes);

}  // namespace backstamp::uplink::spool
