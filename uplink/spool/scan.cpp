#include "uplink/spool/scan.h"

#include <algorithm>

namespace backstamp::uplink::spool {
namespace {

/// The next offset from `from` on where a good record of sequence `expected` or later begins.
std::optional<std::uint64_t> resynchronize(ByteView segment, std::uint64_t from,
                                           std::uint64_t epoch, std::uint64_t expected) {
  for (std::uint64_t offset = from; offset + kRecordHeaderBytes <= segment.size(); ++offset) {
    const auto claim = claimed(segment.subspan(offset));
    if (!claim || claim->sequence < expected) continue;
    if (decode_record(segment.subspan(offset), epoch)) return offset;
  }
  return std::nullopt;
}

/// Takes a good record into the scan; `fresh` begins a new run.
void take(const Record& record, std::uint64_t offset, bool fresh, Scan& scan) {
  if (record.type == RecordType::event) {
    if (fresh || scan.runs.empty() || scan.runs.back().end != offset ||
        scan.runs.back().next_sequence() != record.sequence)
      scan.runs.push_back({record.sequence, 0, offset, offset, {}});
    scan.runs.back().extend(record.size());
  }
  scan.next_sequence = record.sequence + 1;
  scan.good_end = offset + record.size();
}

}  // namespace

void Run::extend(std::uint64_t size) {
  if (count % kMarkEvery == 0) marks.push_back(end);
  ++count;
  end += size;
}

Scan scan_segment(ByteView segment, std::uint64_t epoch, std::uint64_t expected,
                  const std::optional<Sha256>& previous) {
  Scan scan;
  scan.header = decode_segment_header(segment);
  scan.next_sequence = expected;
  std::uint64_t offset = std::min<std::uint64_t>(segment.size(), kSegmentHeaderBytes);
  scan.good_end = offset;
  if (scan.header) {
    if (previous && scan.header->previous != *previous) scan.broken_chain.push_back(expected);
    scan.next_sequence = std::max(expected, scan.header->first_sequence);
    scan.last_hash = sha256(segment.first(kSegmentHeaderBytes));
  }
  while (offset < segment.size()) {
    auto record = decode_record(segment.subspan(offset), epoch);
    // A gap record may jump ahead; an event may not, unless damage hid the ones before it.
    bool in_order =
        record && (record->type == RecordType::gap ? record->sequence >= scan.next_sequence
                                                   : record->sequence == scan.next_sequence);
    if (!in_order) {
      const auto next = resynchronize(segment, offset, epoch, scan.next_sequence);
      if (!next) break;
      record = decode_record(segment.subspan(*next), epoch);
      const std::uint64_t lost =
          record->type == RecordType::gap ? 0 : record->sequence - scan.next_sequence;
      scan.damages.push_back({offset, *next, scan.next_sequence, lost});
      offset = *next;
      scan.last_hash.reset();
    } else if (scan.last_hash && record->previous != *scan.last_hash) {
      scan.broken_chain.push_back(record->sequence);
    }
    take(*record, offset, !in_order, scan);
    scan.last_hash = sha256(segment.subspan(offset, record->size()));
    offset = scan.good_end;
  }
  return scan;
}

Tail judge_tail(ByteView tail, std::uint64_t expected) {
  if (std::all_of(tail.begin(), tail.end(), [](std::uint8_t byte) { return byte == 0; }))
    return {true, 0};  // space that was never written
  Tail judged{false, 0};
  while (!tail.empty()) {
    ++judged.lost;
    const auto claim = claimed(tail);
    if (tail.size() < kRecordHeaderBytes) {
      judged.torn = judged.lost == 1;
      return judged;
    }
    if (!claim || claim->sequence != expected) {
      judged.lost += tail.size() / (kRecordHeaderBytes + 1);  // no more can have been in there
      return judged;
    }
    if (claim->size > tail.size()) {
      judged.torn = judged.lost == 1;
      return judged;
    }
    tail = tail.subspan(claim->size);
    ++expected;
  }
  return judged;
}

}  // namespace backstamp::uplink::spool
