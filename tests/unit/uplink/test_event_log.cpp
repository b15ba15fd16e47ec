#include "uplink/event_log.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "tests/unit/uplink/events.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

using namespace std::chrono_literals;
using test::Folder;
using test::same_content;
using test::sample_event;

EventLogOptions options_for(const Folder& folder) {
  EventLogOptions options;
  options.directory = folder.path() / "spool";
  options.station = "leeds-7";
  return options;
}

void append_all(EventLog& log, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t piece = first; piece <= last; ++piece)
    REQUIRE(log.append(sample_event(piece)).has_value());
  REQUIRE(log.wait_committed(last, 10s).has_value());
}

std::size_t segment_count(const EventLogOptions& options) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory))
    count += entry.path().extension() == ".seg" ? 1 : 0;
  return count;
}

TEST_CASE("events come back as they were appended, before and after a restart") {
  const Folder folder;
  std::uint64_t epoch = 0;
  {
    auto log = EventLog::open(options_for(folder));
    REQUIRE(log);
    CHECK(log->committed() == 0);
    CHECK(log->read(1, 10)->empty());
    append_all(*log, 1, 300);
    epoch = log->epoch();
  }
  auto log = EventLog::open(options_for(folder));
  REQUIRE(log);
  CHECK(log->epoch() == epoch);
  CHECK(log->recovery().records == 300);
  CHECK(log->recovery().torn_bytes == 0);
  CHECK(log->recovery().quarantined.empty());
  const auto events = log->read(1, 1000);
  REQUIRE(events);
  REQUIRE(events->size() == 300);
  for (std::uint64_t piece = 1; piece <= 300; ++piece) {
    const auto& event = (*events)[piece - 1];
    CHECK(event.id == postal::EventId{"leeds-7", epoch, piece});
    CHECK(same_content(event, sample_event(piece)));
  }
  append_all(*log, 301, 310);
  CHECK(log->read(305, 3)->front().piece == 305);
  CHECK(log->read(305, 3)->size() == 3);
  CHECK(log->read(311, 3)->empty());
}

TEST_CASE("events spread over segments and are found in each") {
  const Folder folder;
  auto options = options_for(folder);
  options.segment_bytes = 4096;
  for (int round = 0; round < 2; ++round) {
    auto log = EventLog::open(options);
    REQUIRE(log);
    if (round == 0) append_all(*log, 1, 500);
    CHECK(segment_count(options) > 20);
    for (std::uint64_t first = 1; first <= 500; first += 7) {
      const auto events = log->read(first, 9);
      REQUIRE(events);
      REQUIRE(events->size() == std::min<std::uint64_t>(9, 501 - first));
      for (std::size_t i = 0; i < events->size(); ++i) CHECK((*events)[i].piece == first + i);
    }
    std::uint64_t visited = 0;
    REQUIRE(log->for_each([&](const auto& event) { CHECK(event.piece == ++visited); }));
    CHECK(visited == 500);
  }
}

TEST_CASE("an acknowledgement survives a restart and never goes back") {
  const Folder folder;
  {
    auto log = EventLog::open(options_for(folder));
    append_all(*log, 1, 20);
    CHECK(log->acknowledge(21).error().kind == ErrorKind::invalid);
    for (const std::uint64_t sequence : {3, 12, 7}) REQUIRE(log->acknowledge(sequence));
    CHECK(log->acknowledged() == 12);
  }
  auto log = EventLog::open(options_for(folder));
  CHECK(log->acknowledged() == 12);
}

TEST_CASE("segments go only when acknowledged and older than the window") {
  const Folder folder;
  auto options = options_for(folder);
  options.segment_bytes = 4096;
  {
    auto log = EventLog::open(options);
    append_all(*log, 1, 200);
    REQUIRE(log->acknowledge(100));
    append_all(*log, 201, 201);
  }
  const std::size_t all = segment_count(options);
  options.keep_acknowledged = std::chrono::hours(0);
  auto log = EventLog::open(options);
  CHECK(segment_count(options) < all);
  const auto events = log->read(101, 200);
  REQUIRE(events->size() == 101);
  CHECK(events->front().piece == 101);
  // What was removed stands as a gap, so that the numbers stay without holes.
  CHECK(is_gap(log->read(1, 1)->front()));
  CHECK(log->read(1, 1)->front().id.sequence == 1);
}

TEST_CASE("the newest event stays, although a crash left a new segment behind it without any") {
  const Folder folder;
  auto options = options_for(folder);
  options.segment_bytes = 4096;
  std::uint64_t last = 0;
  {
    auto log = EventLog::open(options);
    while (segment_count(options) < 2) {
      REQUIRE(log->append(sample_event(++last)));
      REQUIRE(log->wait_committed(last, 10s));
    }
    REQUIRE(log->acknowledge(last - 1));
  }
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory))
    if (entry.path().extension() == ".seg") newest = std::max(newest, entry.path());
  std::filesystem::resize_file(newest, 128);  // its header alone
  options.keep_acknowledged = std::chrono::hours(0);
  const auto log = EventLog::open(options);
  REQUIRE(log);
  std::uint64_t newest_piece = 0;
  REQUIRE(log->for_each([&](const postal::ScanEvent& event) { newest_piece = event.piece; }));
  CHECK(newest_piece == last - 1);
}

TEST_CASE("a second opener of a spool is refused") {
  const Folder folder;
  auto log = EventLog::open(options_for(folder));
  REQUIRE(log);
  CHECK(EventLog::open(options_for(folder)).error().kind == ErrorKind::refused);
}

TEST_CASE("the spool of another station is refused") {
  const Folder folder;
  {
    REQUIRE(EventLog::open(options_for(folder)));
  }
  auto options = options_for(folder);
  options.station = "york-1";
  CHECK(EventLog::open(options).error().kind == ErrorKind::refused);
}

TEST_CASE("an invalid event uses up no sequence") {
  const Folder folder;
  auto log = EventLog::open(options_for(folder));
  auto event = sample_event(1);
  event.sample = "two\nlines";
  CHECK(log->append(event).error().kind == ErrorKind::invalid);
  CHECK(log->append(sample_event(1)) == 1);
}

TEST_CASE("threads append at once and every event gets its own sequence") {
  const Folder folder;
  auto log = EventLog::open(options_for(folder));
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= 200; ++i)
        if (!log->append(sample_event(t * 1000 + i))) std::abort();
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(log->wait_committed(800, 10s));
  const auto events = log->read(1, 800);
  std::vector<std::uint64_t> last(4, 0);
  for (const auto& event : *events) CHECK(event.piece % 1000 == ++last.at(event.piece / 1000));
}

}  // namespace
}  // namespace backstamp::uplink
