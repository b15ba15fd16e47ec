// A machine's clock that somebody set back or forward by a year, and mail that would profit by it.
#include "station/duplicate_index.h"
#include "station/lane.h"
#include "token_mail.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;
using postal::Decision;
using postal::Reason;

constexpr auto kYear = 365 * 24h;

/// Pieces 1 to 3: mailed on the right day, a year before and a year after.
Date day_of(std::uint64_t piece) {
  const auto right = std::chrono::floor<std::chrono::days>(testing::kIssued + 24h);
  const std::chrono::days off(piece == 2 ? -365 : piece == 3 ? 365 : 0);
  return Date{right + off};
}

std::vector<postal::ScanEvent> run(const testing::Station& station, const TrustNow& trust) {
  vision::DecodePoolOptions pool_options;
  pool_options.program_folder = BACKSTAMP_BIN_DIR;
  auto pool = vision::DecodePool::start(pool_options);
  REQUIRE(pool);
  LaneOptions options;
  options.deadline = 60s;
  testing::TokenMail mail(station.authority, day_of, 3);
  DuplicateIndex index = DuplicateIndex::in_memory();
  DuplicateJudge duplicates(index, {});
  std::vector<postal::ScanEvent> events;
  const auto sink = [&](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
    events.push_back(event);
    return {};
  };
  const auto report = run_lane(mail, *pool, trust, duplicates, options, sink, {});
  if (!report) return {};
  REQUIRE(events.size() == 3);
  return events;
}

}  // namespace

TEST_CASE("with a clock off by a year mail is judged by the data center's day") {
  for (const auto off : std::initializer_list<std::chrono::microseconds>{-kYear, +kYear}) {
    testing::Station station;
    auto keeper = station.open().value();
    keeper.take_time(station.authority.time(station.now.clock, 2));
    station.now.clock += off;
    const auto events = run(station, [&] { return keeper.trust(); });
    REQUIRE(events.size() == 3);
    for (const auto& event : events) CHECK_FALSE(event.clock_trusted);
    CHECK(events[0].decision == Decision::accept);
    CHECK(events[1].decision == Decision::divert);
    CHECK(events[1].reason == Reason::stale_date);
    CHECK(events[2].decision == Decision::divert);
    CHECK(events[2].reason == Reason::stale_date);
  }
}

TEST_CASE("with a clock off by a year and no data center no indicium is accepted by its date") {
  for (const auto off : std::initializer_list<std::chrono::microseconds>{-kYear, +kYear}) {
    testing::Station station;
    station.now.clock += off;
    const auto keeper = station.open();
    REQUIRE(keeper);
    const auto events = run(station, [&] { return keeper->trust(); });
    REQUIRE(events.size() == 3);
    for (const auto& event : events) {
      CHECK_FALSE(event.clock_trusted);
      CHECK(event.decision == Decision::divert);
    }
    CHECK(events[0].reason == Reason::untrusted_clock);
    CHECK(events[0].rule == "untrusted-clock");
    CHECK(events[1].reason == Reason::stale_date);  // on whatever day it may be
    CHECK(events[2].reason == Reason::untrusted_clock);
  }
}

TEST_CASE("a station stops where its post wants that, rather than accept by stale keys") {
  testing::Station station;
  station.config.when_stale = WhenUnsure::stop;
  auto keeper = station.open().value();
  station.pass(100h);
  CHECK(run(station, [&] { return keeper.trust(); }).empty());
}
