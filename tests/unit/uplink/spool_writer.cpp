// A process to be killed: appends events to a spool without end and tells, through a pipe, each
// sequence that it knows to be committed. Usage: spool_writer FOLDER FD
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/unit/uplink/events.h"
#include "uplink/event_log.h"

int main(int argc, char** argv) {
  using namespace backstamp;
  if (argc != 3) return 2;
  uplink::EventLogOptions options;
  options.directory = argv[1];
  options.station = "leeds-7";
  options.segment_bytes = 16384;
  options.commit_interval = std::chrono::microseconds(0);
  const int report = std::atoi(argv[2]);
  auto log = uplink::EventLog::open(options);
  if (!log) {
    std::fprintf(stderr, "%s\n", log.error().message.c_str());
    return 1;
  }
  for (std::uint64_t sequence = log->committed() + 1;; ++sequence) {
    if (log->append(uplink::test::sample_event(sequence)) != sequence) return 1;
    if (sequence % 5 != 0) continue;
    if (!log->wait_committed(sequence, std::chrono::seconds(10))) return 1;
    if (sequence % 3 == 0 && !log->acknowledge(sequence)) return 1;
    if (::write(report, &sequence, sizeof sequence) != sizeof sequence) return 1;
  }
}
