#include <catch2/catch_test_macros.hpp>
#include <random>

#include "station/line/effort_plan.h"
#include "station/line/encoder.h"
#include "station/line/merge.h"
#include "station/line/read_queue.h"
#include "station/line/tracker.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;

SteadyTime at(std::chrono::nanoseconds since) {
  return SteadyTime{} + 1h + since;
}

LineLane lane_of(std::size_t cameras) {
  LineLane lane;
  lane.name = "LANE-1";
  lane.trigger = TriggerKind::machine;
  lane.cameras.resize(cameras);  // null: only their number matters here
  lane.camera_delay.resize(cameras, 20ms);
  lane.window = 25ms;
  return lane;
}

Trigger trigger_at(std::chrono::nanoseconds since) {
  Trigger trigger;
  trigger.at = at(since);
  return trigger;
}

FrameSign frame_at(std::uint32_t camera, std::chrono::nanoseconds since, std::uint32_t token = 0) {
  return {camera, token, at(since), {}};
}

}  // namespace

TEST_CASE("the encoder counts on over its wrap, and back when the belt goes back") {
  Encoder encoder(16);
  CHECK(encoder.follow(65'000) == 65'000);
  CHECK(encoder.follow(100) == 65'636);
  CHECK(encoder.near(65'500) == 65'500);  // a frame of before the wrap
  CHECK(encoder.follow(65'400) == 65'400);
  CHECK(encoder.reversals() == 1);
  CHECK(encoder.follow(65'300) == 65'300);
  CHECK(encoder.reversals() == 1);  // still the same way back
  CHECK(encoder.follow(200) == 65'736);
  CHECK(encoder.follow(198) == 65'734);  // a belt that stands trembles
  CHECK(encoder.reversals() == 1);
  CHECK_FALSE(Encoder(32).near(7));
}

TEST_CASE("the encoder follows a belt of any steps through any wrap") {
  std::mt19937_64 random(7);
  for (const unsigned bits : {8u, 16u, 24u, 32u}) {
    Encoder encoder(bits);
    std::int64_t truth = static_cast<std::int64_t>(random() % 200);
    (void)encoder.follow(static_cast<std::uint32_t>(truth));
    const auto most = static_cast<std::int64_t>(1ull << (bits - 2));
    for (int i = 0; i < 10'000; ++i) {
      truth += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
      const auto raw =
          static_cast<std::uint32_t>(static_cast<std::uint64_t>(truth) & ((1ull << bits) - 1));
      REQUIRE(encoder.follow(raw) == truth);
    }
  }
}

TEST_CASE("each camera's picture goes to the piece whose time it is") {
  Tracker tracker(lane_of(2));
  tracker.open(10, trigger_at(0ms));
  tracker.open(11, trigger_at(60ms));
  CHECK(tracker.place(frame_at(0, 21ms), true) == 10);
  CHECK(tracker.place(frame_at(0, 82ms), true) == 11);
  CHECK(tracker.place(frame_at(1, 18ms), true) == 10);
  const auto closed = tracker.close(at(30ms));
  REQUIRE(closed);
  CHECK(closed->slot == 10);
  CHECK(closed->missing == 0);
  CHECK_FALSE(tracker.close(at(30ms)));
  // The second piece's other picture never comes: delay and window are over at 105 ms.
  CHECK(tracker.next_due() == at(105ms));
  CHECK_FALSE(tracker.close(at(104ms)));
  const auto late = tracker.close(at(105ms));
  REQUIRE(late);
  CHECK(late->slot == 11);
  CHECK(late->missing == 2);
}

TEST_CASE("a picture that comes before its trigger waits for it") {
  Tracker tracker(lane_of(1));
  CHECK_FALSE(tracker.place(frame_at(0, 20ms, 5), true));
  CHECK_FALSE(tracker.claim());
  tracker.open(3, trigger_at(2ms));  // the telegram was slow, its time is true
  const auto claimed = tracker.claim();
  REQUIRE(claimed);
  CHECK(claimed->token == 5);
  CHECK(claimed->slot == 3);
  CHECK_FALSE(tracker.claim());
  CHECK_FALSE(tracker.orphan(at(10s)));
}

TEST_CASE("a picture for which no trigger comes is an orphan after the window") {
  Tracker tracker(lane_of(1));
  CHECK_FALSE(tracker.place(frame_at(0, 0ms, 9), true));
  CHECK_FALSE(tracker.orphan(at(24ms)));
  const auto orphan = tracker.orphan(at(25ms));
  REQUIRE(orphan);
  CHECK(orphan->token == 9);
}

TEST_CASE("with an encoder pieces are told apart by place, however the belt's speed changes") {
  LineLane lane = lane_of(1);
  lane.encoder = {16, 10.0, 300};
  lane.camera_offset_counts = {2000};
  Tracker tracker(lane);
  Trigger first = trigger_at(0ms);
  first.encoder = 64'000;
  Trigger second = trigger_at(30ms);
  second.encoder = 65'200;
  tracker.open(1, first);
  tracker.open(2, second);
  // By time the first frame would be nearer to the second piece.
  FrameSign frame = frame_at(0, 52ms);
  frame.encoder = (64'000 + 2'010) & 0xFFFF;
  CHECK(tracker.place(frame, true) == 1);
  frame.encoder = (65'200 + 1'950) & 0xFFFF;
  CHECK(tracker.place(frame, true) == 2);
  frame.encoder = (65'200 + 3'000) & 0xFFFF;
  CHECK_FALSE(tracker.place(frame, false));
}

TEST_CASE("where places tell whose a picture is, picture and trigger may be late") {
  LineLane lane = lane_of(1);
  lane.encoder = {32, 10.0, 300};
  lane.camera_offset_counts = {2000};
  lane.deadline = 250ms;
  lane.reserve = 10ms;
  Tracker tracker(lane);
  Trigger first = trigger_at(0ms);
  first.encoder = 10'000;
  tracker.open(1, first);
  CHECK_FALSE(tracker.close(at(199ms)));  // delay and window were over at 45 ms
  FrameSign late = frame_at(0, 190ms);
  late.encoder = 12'100;
  CHECK(tracker.place(late, true) == 1);
  // A picture whose trigger is held up on its way.
  FrameSign early = frame_at(0, 260ms, 7);
  early.encoder = 15'000;
  CHECK_FALSE(tracker.place(early, true));
  CHECK_FALSE(tracker.orphan(at(350ms)));
  Trigger second = trigger_at(351ms);
  second.encoder = 13'000;
  tracker.open(2, second);
  CHECK(tracker.claim()->slot == 2);
  // One that never gets any.
  FrameSign alone = frame_at(0, 400ms, 8);
  alone.encoder = 30'000;
  CHECK_FALSE(tracker.place(alone, true));
  CHECK_FALSE(tracker.orphan(at(499ms)));
  CHECK(tracker.orphan(at(500ms))->token == 8);
  // It was seen before the belt's newest count, and is no sign that the belt went back.
  Trigger third = trigger_at(510ms);
  third.encoder = 31'000;
  CHECK_FALSE(tracker.open(3, third).reversed);
  Trigger picture = trigger_at(400ms);
  picture.encoder = 30'000;
  CHECK_FALSE(tracker.open_untriggered(4, picture).reversed);
  Trigger fourth = trigger_at(570ms);
  fourth.encoder = 34'000;
  CHECK_FALSE(tracker.open(5, fourth).reversed);
}

TEST_CASE("triggers that follow too closely are marked, and a standstill moves what is awaited") {
  Tracker tracker(lane_of(1));
  CHECK(tracker.open(1, trigger_at(0ms)).marks == 0);
  CHECK(tracker.open(2, trigger_at(5ms)).marks ==
        static_cast<std::uint32_t>(postal::PieceMark::too_close));
  tracker.shift(1s);
  CHECK_FALSE(tracker.close(at(500ms)));
  CHECK(tracker.place(frame_at(0, 1020ms), true) == 1);
}

TEST_CASE("work is shared fairly, and reading is given up last") {
  const EffortLimits limits{20'000, 2'000};
  // Nobody waits: all of it.
  CHECK(plan_effort(limits, 200ms, 0, 2, false).effort == 20'000);
  CHECK(plan_effort(limits, 200ms, 0, 2, false).shed == postal::Shed::nothing);
  // A crowd: a fair share, and said so.
  const auto share = plan_effort(limits, 100ms, 39, 2, false);
  CHECK(share.effort == 5'000);
  CHECK(share.shed == postal::Shed::effort);
  // A greater crowd: the least.
  CHECK(plan_effort(limits, 100ms, 399, 2, false).effort == 2'000);
  // Never more than the time that is left.
  CHECK(plan_effort(limits, 5ms, 0, 2, false).effort == 5'000);
  // No time for the least.
  const auto none = plan_effort(limits, 1ms, 0, 2, false);
  CHECK(none.effort == 0);
  CHECK(none.shed == postal::Shed::reading);
  CHECK(plan_effort(limits, -1ms, 0, 2, false).effort == 0);
  // A piece that is known already yields to others first.
  CHECK(plan_effort(limits, 200ms, 2, 2, true).shed == postal::Shed::faces);
  CHECK(plan_effort(limits, 200ms, 0, 2, true).effort == 20'000);
}

TEST_CASE("more time never means less effort, more waiting never more") {
  const EffortLimits limits{20'000, 2'000};
  for (std::size_t waiting = 0; waiting < 200; ++waiting) {
    std::uint32_t before = 0;
    for (auto left = 0us; left < 300ms; left += 500us) {
      const auto effort = plan_effort(limits, left, waiting, 2, false).effort;
      REQUIRE(effort >= before);
      REQUIRE(effort >= plan_effort(limits, left, waiting + 1, 2, false).effort);
      before = effort;
    }
  }
}

TEST_CASE("the piece that must be decided first is read first") {
  ReadQueue queue(4);
  CHECK(queue.push({at(30ms), 0, 0, 1, 0, 0}));
  CHECK(queue.push({at(10ms), 0, 0, 2, 0, 0}));
  CHECK(queue.push({at(20ms), 0, 0, 3, 0, 0}));
  CHECK(queue.push({at(10ms), 0, 0, 4, 0, 0}));
  CHECK_FALSE(queue.push({at(1ms), 0, 0, 5, 0, 0}));
  CHECK(queue.take()->job.slot == 2);
  CHECK(queue.take()->job.slot == 4);
  const auto third = queue.take();
  CHECK(third->job.slot == 3);
  CHECK(third->waiting == 1);
  queue.close();
  CHECK(queue.take()->job.slot == 1);
  CHECK_FALSE(queue.take());
}

namespace {

vision::Reading imb(const std::string& digits, float margin = -1) {
  vision::Reading reading;
  reading.symbology = postal::Symbology::imb;
  reading.content = Bytes(digits.begin(), digits.end());
  reading.correction_margin = margin;
  return reading;
}

vision::FaceReading face(std::vector<vision::Reading> readings,
                         postal::NoReadCause cause = postal::NoReadCause::none) {
  vision::FaceReading face;
  face.readings = std::move(readings);
  face.cause = cause;
  face.effort = 100;
  return face;
}

const std::string kOne = "00270900000101000001";
const std::string kOther = "00270900000101000002";

}  // namespace

TEST_CASE("a code on two pictures is one code, and stands before a code on one") {
  const auto front = face({imb(kOther), imb(kOne, 0.2f)});
  const auto back = face({imb(kOne, 0.9f)});
  const PictureSeen pictures[] = {{0, &front}, {1, &back}};
  postal::ScanEvent event;
  std::vector<CodePlace> places;
  std::vector<postal::SeenCode> spare;
  merge_pictures(pictures, event, places, spare);
  REQUIRE(event.codes.size() == 2);
  CHECK(event.codes[0].content == Bytes(kOne.begin(), kOne.end()));
  CHECK(places[0].pictures == 2);
  CHECK(places[0].camera == 1);  // where more of it was unspent
  CHECK(places[1].pictures == 1);
  CHECK(event.cause == postal::NoReadCause::none);
  CHECK(event.effort == 200);
  CHECK(event.pictures == 2);
  CHECK(event.marks == 0);
}

TEST_CASE("pictures that name different pieces disagree") {
  const auto front = face({imb(kOne)});
  const auto back = face({imb(kOther)});
  const PictureSeen pictures[] = {{0, &front}, {1, &back}};
  postal::ScanEvent event;
  std::vector<CodePlace> places;
  std::vector<postal::SeenCode> spare;
  merge_pictures(pictures, event, places, spare);
  CHECK(event.marks == static_cast<std::uint32_t>(postal::PieceMark::faces_disagree));
  // A picture without any code disagrees with nobody.
  const auto blank = face({}, postal::NoReadCause::nothing_found);
  const PictureSeen one[] = {{0, &front}, {1, &blank}};
  event.marks = 0;
  merge_pictures(one, event, places, spare);
  CHECK(event.marks == 0);
  CHECK(event.cause == postal::NoReadCause::none);
}

TEST_CASE("of several causes of a no-read the one that says most is told") {
  using postal::NoReadCause;
  const auto blank = face({}, NoReadCause::nothing_found);
  const auto torn = face({}, NoReadCause::checksum);
  const PictureSeen pictures[] = {{0, &blank}, {1, &torn}};
  postal::ScanEvent event;
  std::vector<CodePlace> places;
  std::vector<postal::SeenCode> spare;
  merge_pictures(pictures, event, places, spare);
  CHECK(event.cause == NoReadCause::checksum);
  merge_pictures({}, event, places, spare);
  CHECK(event.cause == NoReadCause::camera_lost);
  CHECK(telling(NoReadCause::bad_image, NoReadCause::decoder_crashed) ==
        NoReadCause::decoder_crashed);
}
