#include "station/line.h"

#include <set>

#include "line_fixture.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::station::testing;
using postal::NoReadCause;
using postal::PieceMark;

bool marked(const postal::ScanEvent& event, PieceMark mark) {
  return (event.marks & static_cast<std::uint32_t>(mark)) != 0;
}

}  // namespace

TEST_CASE("every trigger has one event and one decision, with the machine's number") {
  LineBench bench(2);
  bench.start();
  for (std::uint64_t piece = 1; piece <= 40; ++piece) {
    bench.trigger(1000 + piece);
    bench.hands[0].push(captured(blank()));
    bench.hands[1].push(captured(blank()));
    REQUIRE(bench.reached(piece));
  }
  REQUIRE(bench.finish());
  CHECK(bench.counters.triggers == 40);
  CHECK(bench.counters.events == 40);
  CHECK(bench.counters.in_time == 40);
  const auto heard = bench.sorter.heard();
  REQUIRE(heard.size() == 40);
  std::set<std::uint64_t> numbers;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    numbers.insert(heard[i].machine_piece);
    CHECK(bench.events[i].machine_piece == heard[i].machine_piece);
    CHECK(bench.events[i].piece == heard[i].piece);
    CHECK(bench.events[i].pictures == 2);
    CHECK(bench.events[i].cause == NoReadCause::nothing_found);
    CHECK(bench.events[i].lane == "LANE-1");
    CHECK(bench.events[i].outlet == 2);
  }
  CHECK(numbers.size() == 40);
}

TEST_CASE("a piece whose picture never comes is decided all the same, and its camera told of") {
  LineBench bench(1);
  bench.lane.window = 20ms;
  bench.lane.deadline = 400ms;
  bench.start();
  for (std::uint64_t piece = 1; piece <= 5; ++piece) {
    bench.trigger(piece);
    std::this_thread::sleep_for(30ms);
  }
  REQUIRE(bench.reached(5));
  REQUIRE(bench.finish());
  CHECK(bench.counters.camera_lost == 5);
  for (const auto& event : bench.events) {
    CHECK(event.cause == NoReadCause::camera_lost);
    CHECK(marked(event, PieceMark::picture_missing));
    CHECK(event.decision == postal::Decision::divert);
  }
  CHECK(bench.raised("no-pictures"));
}

TEST_CASE("pictures without a trigger are pieces of their own") {
  LineBench bench(1);
  bench.lane.window = 20ms;
  bench.start();
  for (std::size_t piece = 1; piece <= 5; ++piece) {
    bench.hands[0].push(captured(blank()));
    REQUIRE(bench.reached(piece));
  }
  REQUIRE(bench.finish());
  CHECK(bench.counters.triggers == 0);
  CHECK(bench.counters.untriggered == 5);
  CHECK(bench.counters.events == 5);
  for (const auto& event : bench.events) CHECK(marked(event, PieceMark::untriggered));
  CHECK(bench.raised("trigger-lost"));
}

TEST_CASE("a damaged picture is not decoded, and the piece has its event") {
  LineBench bench(1);
  bench.start();
  bench.trigger(1);
  vision::Capture damaged;
  damaged.arrived = std::chrono::steady_clock::now();
  damaged.fault = "incomplete: 12 of 980 packets missing";
  bench.hands[0].push(std::move(damaged));
  REQUIRE(bench.reached(1));
  CHECK(bench.events[0].cause == NoReadCause::bad_image);
  CHECK(marked(bench.events[0], PieceMark::picture_missing));
}

TEST_CASE("where the camera triggers, numbers that are missing are pieces without a picture") {
  LineBench bench(1);
  bench.lane.trigger = TriggerKind::camera;
  bench.start();
  for (const std::uint64_t number : {10, 11, 14, 15, 2, 3}) {  // then the camera began anew
    auto capture = captured(blank());
    capture.frame_number = number;
    bench.hands[0].push(std::move(capture));
  }
  REQUIRE(bench.reached(8));
  REQUIRE(bench.finish());
  CHECK(bench.counters.triggers == 8);
  CHECK(bench.counters.camera_lost == 2);
  CHECK(bench.counters.events == 8);
  CHECK(std::count_if(bench.events.begin(), bench.events.end(), [](const auto& event) {
          return event.cause == NoReadCause::camera_lost;
        }) == 2);
}

TEST_CASE("a machine that stands still is waited for, and goes on where it stopped") {
  LineBench bench(1);
  bench.lane.window = 50ms;
  bench.lane.deadline = 200ms;
  bench.start();
  bench.line->machine(0, MachineState::running);
  bench.trigger(1);
  bench.line->machine(0, MachineState::jammed);
  std::this_thread::sleep_for(400ms);
  {
    const std::lock_guard lock(bench.mutex);
    CHECK(bench.events.empty());
  }
  CHECK(bench.raised("line-jam"));
  bench.line->machine(0, MachineState::running);
  bench.hands[0].push(captured(blank()));
  REQUIRE(bench.reached(1));
  CHECK_FALSE(bench.events[0].late);
  CHECK(bench.events[0].pictures == 1);
  REQUIRE(bench.finish());
  CHECK(bench.counters.jams == 1);
}

TEST_CASE("more than can be read is shed by effort first, and every piece is decided") {
  LineBench bench(1, 1);
  bench.lane.deadline = 300ms;
  bench.lane.reserve = 20ms;
  bench.tuning.effort = 200'000;
  bench.start();
  constexpr std::uint64_t kPieces = 120;
  std::vector<vision::Frame> frames;
  for (std::uint64_t i = 0; i < kPieces; ++i) frames.push_back(blank(2400, 1200));
  for (std::uint64_t piece = 1; piece <= kPieces; ++piece) {
    bench.trigger(piece);
    bench.hands[0].push(captured(std::move(frames[piece - 1])));
  }
  REQUIRE(bench.reached(kPieces));
  REQUIRE(bench.finish());
  CHECK(bench.counters.events == kPieces);
  CHECK(bench.sorter.heard().size() == kPieces);
  CHECK(bench.counters.shed[2] + bench.counters.shed[3] > 0);
}

TEST_CASE("more pieces than there is memory for are decided unread, and none is lost") {
  LineBench bench(1, 1);
  bench.lane.deadline = 30s;
  bench.lane.window = 20s;
  bench.start();
  constexpr std::uint64_t kPieces = 400;  // none of their pictures comes
  for (std::uint64_t piece = 1; piece <= kPieces; ++piece) bench.trigger(piece);
  REQUIRE(bench.reached(kPieces - 256));
  REQUIRE(bench.finish());
  CHECK(bench.counters.overflowed == kPieces - 256);
  CHECK(bench.counters.events == kPieces);
  CHECK(bench.sorter.heard().size() == kPieces);
}

TEST_CASE("when events cannot be recorded the line says so") {
  LineBench bench(1);
  bench.fails_after = 1;
  bench.start();
  bench.trigger(1);
  bench.hands[0].push(captured(blank()));
  REQUIRE(bench.reached(1));
  CHECK_FALSE(bench.line->failure());
  bench.trigger(2);
  bench.hands[0].push(captured(blank()));
  for (int i = 0; i < 5000 && !bench.line->failure(); ++i) std::this_thread::sleep_for(1ms);
  REQUIRE(bench.line->failure());
  CHECK(bench.line->failure()->message == "disk gone");
  CHECK_FALSE(bench.finish());
  CHECK(bench.sorter.heard().size() == 2);  // the diverter was told all the same
}
