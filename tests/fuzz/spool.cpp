// A segment with anything in it: runs and damage lie in order inside it, and no record is made up.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "uplink/spool/scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp::uplink::spool;
  const backstamp::ByteView bytes(data, size);
  const auto header = decode_segment_header(bytes);
  const std::uint64_t epoch = header ? header->epoch : 42;
  const Scan scan = scan_segment(bytes, epoch, 1, std::nullopt);
  BACKSTAMP_ASSERT(scan.good_end <= size);
  std::uint64_t end = 0;
  std::uint64_t next = 1;
  for (const Run& run : scan.runs) {
    BACKSTAMP_ASSERT(run.count > 0 && run.begin >= end && run.end <= scan.good_end);
    BACKSTAMP_ASSERT(run.first_sequence >= next);
    BACKSTAMP_ASSERT(decode_record(bytes.subspan(run.begin), epoch).has_value());
    end = run.end;
    next = run.next_sequence();
  }
  const Tail tail = judge_tail(bytes.subspan(scan.good_end), scan.next_sequence);
  BACKSTAMP_ASSERT(tail.lost <= size);
  return 0;
}
