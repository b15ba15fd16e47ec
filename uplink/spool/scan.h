// Reads a whole segment and says what in it holds: runs of good records, damage, a torn tail.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"
#include "uplink/spool/record.h"

namespace backstamp::uplink::spool {

inline constexpr std::uint64_t kMarkEvery = 64;  ///< records between two marks of a run

/// Event records that follow each other without a gap, in one segment.
struct Run {
  std::uint64_t first_sequence = 0;
  std::uint64_t count = 0;
  std::uint64_t begin = 0;           ///< offset of its first record
  std::uint64_t end = 0;             ///< offset behind its last record
  std::vector<std::uint64_t> marks;  ///< offset of every kMarkEvery-th record, from the first

  std::uint64_t next_sequence() const { return first_sequence + count; }
  /// Notes a record of `size` bytes at the run's end.
  void extend(std::uint64_t size);
};

/// Bytes that are no record, with the records behind them known to be good.
struct Damage {
  std::uint64_t begin = 0;  ///< offset
  std::uint64_t end = 0;
  std::uint64_t first_lost = 0;  ///< sequences lost: first_lost to first_lost + lost - 1
  std::uint64_t lost = 0;
};

struct Scan {
  std::optional<SegmentHeader> header;  ///< none: damaged
  std::vector<Run> runs;
  std::vector<Damage> damages;
  std::vector<std::uint64_t> broken_chain;  ///< sequences whose predecessor is not what it was
  std::uint64_t next_sequence = 0;          ///< after the last good record
  std::optional<Sha256> last_hash;          ///< of the last good record, else of the header
  std::uint64_t good_end = 0;               ///< offset behind the last good record
};

/// `expected` is the first sequence that may stand here; `previous` the hash that the segment
/// header must carry (none: not known). Never fails: what is no record is damage or tail.
Scan scan_segment(ByteView segment, std::uint64_t epoch, std::uint64_t expected,
                  const std::optional<Sha256>& previous);

/// What the unreadable bytes at the end of the last segment are.
struct Tail {
  bool torn = false;       ///< an unfinished write: cut off in the middle, or never filled
  std::uint64_t lost = 0;  ///< at most so many records stood in them
};
Tail judge_tail(ByteView tail, std::uint64_t expected);

}  // namespace backstamp::uplink::spool
