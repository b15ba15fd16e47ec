// Where each committed sequence lies: the segments in order and the runs of records in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "uplink/spool/scan.h"

namespace backstamp::uplink::spool {

struct Segment {
  std::filesystem::path path;
  std::uint64_t first_sequence = 0;
  std::vector<Run> runs;
};

/// Where a record was put.
struct Placement {
  std::filesystem::path new_segment;  ///< empty: in the segment of the one before
  std::uint64_t sequence = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Records that can be read one after another, or sequences that are lost.
struct Slice {
  bool gap = false;
  std::uint64_t first = 0;     ///< the first record's sequence: at or before the one asked for
  std::uint64_t next = 0;      ///< the sequence behind the last one
  std::filesystem::path path;  ///< of records: in this file,
  std::uint64_t begin = 0;     ///< from this offset
  std::uint64_t end = 0;       ///< to this one
};

/// Not synchronized: its owner holds a lock.
class Catalog {
 public:
  void add(Segment segment) { segments_.push_back(std::move(segment)); }
  void place(const Placement& placement);
  /// Where `sequence` is; a gap reaches to the next record, or to `committed`.
  Slice find(std::uint64_t sequence, std::uint64_t committed) const;
  /// The first sequence that still has a record; none when there is no record.
  std::optional<std::uint64_t> oldest() const;
  /// The oldest segment, when a later one begins at or before `acknowledged` + 1.
  std::optional<Segment> front_if_acknowledged(std::uint64_t acknowledged) const;
  void drop_front() { segments_.erase(segments_.begin()); }

 private:
  std::vector<Segment> segments_;
};

/// The records of a slice from `from` on, at most `limit` and about `limit_bytes` (at least one):
/// their payloads are appended to `out`. Fails (io) when a record is not what was written.
Result<void> read_slice(const Slice& slice, std::uint64_t epoch, std::uint64_t from,
                        std::size_t limit, std::size_t limit_bytes, std::vector<Bytes>& out);

}  // namespace backstamp::uplink::spool
