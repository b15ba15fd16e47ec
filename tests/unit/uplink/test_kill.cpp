// A real process, killed in the middle of writing, again and again on the same spool.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <random>

#include "base/process.h"
#include "tests/unit/uplink/events.h"
#include "uplink/event_log.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

TEST_CASE("a process killed at any moment loses nothing that it knew to be committed") {
  const test::Folder folder;
  std::mt19937_64 random(3);
  std::uint64_t known = 0;
  const int kills = std::getenv("BACKSTAMP_LONG") ? 300 : 10;
  for (int kill = 0; kill < kills; ++kill) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd in(ends[0]);
    UniqueFd out(ends[1]);
    auto child = ChildProcess::start(
        {BACKSTAMP_SPOOL_WRITER, folder.path().string(), std::to_string(out.get())}, {out.get()});
    REQUIRE(child);
    out.reset();
    // So many reports, then some work of unknown length, then the end, wherever it is.
    std::uint64_t reported = 0;
    for (std::uint64_t reports = 1 + random() % 60; reports > 0; --reports)
      REQUIRE(::read(in.get(), &reported, sizeof reported) == sizeof reported);
    for (volatile std::uint64_t idle = random() % 400'000; idle > 0;) idle = idle - 1;
    child->signal(SIGKILL);
    REQUIRE(child->wait_for(std::chrono::seconds(20)).has_value());
    while (::read(in.get(), &reported, sizeof reported) == sizeof reported) continue;
    REQUIRE(reported > known);

    EventLogOptions options;
    options.directory = folder.path();
    options.station = "leeds-7";
    options.segment_bytes = 16384;
    auto log = EventLog::open(options);
    REQUIRE(log);
    CHECK(log->recovery().quarantined.empty());
    REQUIRE(log->committed() >= reported);
    const auto events = log->read(known + 1, 100'000);
    REQUIRE(events);
    REQUIRE(events->size() == log->committed() - known);
    for (const auto& event : *events) {
      if (is_gap(event))
        CHECK(event.id.sequence > reported);
      else
        CHECK(test::same_content(event, test::sample_event(event.id.sequence)));
    }
    known = log->committed();
  }
}

}  // namespace
}  // namespace backstamp::uplink
