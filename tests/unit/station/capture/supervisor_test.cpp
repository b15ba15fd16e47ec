#include "station/capture/supervisor.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/station/capture/fake_driver.h"

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;

Timing quick() {
  Timing timing;
  timing.backoff_least = 2ms;
  timing.backoff_most = 40ms;
  timing.slice = 5ms;
  timing.window = 30ms;
  timing.quiet = 60ms;
  timing.settled = 80ms;
  return timing;
}

/// A supervised camera and what it told.
struct Rig {
  explicit Rig(CameraConfig c = {}, Timing timing = quick()) : config(std::move(c)) {
    supervisor = std::make_unique<Supervisor>(
        config, "LANE-1/front", world.opener(),
        [this](const Alarm& alarm) {
          CHECK(alarm.source == "LANE-1/front");
          CHECK_FALSE(alarm.cause.empty());
          CHECK_FALSE(alarm.remedy.empty());
          alarms.push_back(alarm);
        },
        stop.get_token(), timing);
  }
  /// The next picture; the test ends the line's wait when none comes.
  vision::Capture pull() {
    std::jthread guard([this](std::stop_token done) {
      for (int i = 0; i < 1000 && !done.stop_requested(); ++i) std::this_thread::sleep_for(10ms);
      if (!done.stop_requested()) stop.request_stop();
    });
    auto capture = supervisor->next();
    REQUIRE(capture.has_value());
    REQUIRE(capture->has_value());
    return std::move(**capture);
  }
  std::vector<std::uint64_t> pull_numbers(int count) {
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(pull().frame_number);
    return numbers;
  }
  /// Waits within next(), without any frame to come, until the time is over.
  void idle(std::chrono::milliseconds time) {
    std::jthread later([this, time] {
      std::this_thread::sleep_for(time);
      world.frame(++idle_number);
    });
    pull();
  }
  long raised(const std::string& name) const {
    return std::ranges::count_if(
        alarms, [&](const Alarm& alarm) { return alarm.name == name && alarm.raised; });
  }
  long over(const std::string& name) const {
    return std::ranges::count_if(
        alarms, [&](const Alarm& alarm) { return alarm.name == name && !alarm.raised; });
  }
  std::string cause(const std::string& name) const {
    const auto found = std::ranges::find(alarms, name, &Alarm::name);
    return found == alarms.end() ? "" : found->cause;
  }

  CameraConfig config;
  FakeWorld world;
  std::vector<Alarm> alarms;
  std::stop_source stop;
  std::uint64_t idle_number = 10'000'000;
  std::unique_ptr<Supervisor> supervisor;
};

CameraConfig with_features(std::vector<std::pair<std::string, std::string>> features) {
  CameraConfig config;
  config.features = std::move(features);
  return config;
}

TEST_CASE("a camera is opened, set up in order and started, and its frames come") {
  Rig rig(with_features({{"TriggerMode", "On"}, {"ExposureTime", "250"}}));
  rig.world.features = {{"TriggerMode", "Off"}, {"ExposureTime", "9.0"}};
  rig.world.frames(1, 3);
  CHECK(rig.pull_numbers(3) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(rig.world.log ==
        std::vector<std::string>{"open", "TriggerMode=On", "ExposureTime=250", "start"});
  const auto counters = rig.supervisor->counters();
  CHECK(counters.frames == 3);
  CHECK(counters.up);
  CHECK(counters.restarts == 0);
  CHECK(rig.alarms.empty());
}

TEST_CASE("a camera that is away at first is one alarm, and comes in its own time") {
  Rig rig;
  rig.world.present = false;
  std::jthread later([&] {
    std::this_thread::sleep_for(150ms);
    const auto lock = rig.world.lock();
    rig.world.present = true;
  });
  rig.world.frame(1);
  rig.pull();
  CHECK(rig.raised("camera-lost") == 1);
  CHECK(rig.over("camera-lost") == 1);
  CHECK(rig.cause("camera-lost") == "no camera answers");
  CHECK(rig.supervisor->counters().down_ms >= 100);
}

TEST_CASE("a lost camera is created anew with all its features, and every loss is counted") {
  Rig rig(with_features({{"Gain", "3"}}));
  rig.world.features = {{"Gain", "0"}};
  for (int i = 0; i < 10; ++i) {
    rig.world.frames(1, 2);
    rig.world.control_lost();
  }
  rig.world.frames(1, 2);
  rig.pull_numbers(22);
  CHECK(rig.world.times("open") == 11);
  CHECK(rig.world.times("close") == 10);
  CHECK(rig.world.times("Gain=3") == 11);
  const auto counters = rig.supervisor->counters();
  CHECK(counters.control_lost == 10);
  CHECK(counters.restarts == 10);
  CHECK(counters.lost == 0);  // it counts anew after each start
  CHECK(rig.raised("camera-lost") == 10);
  CHECK(rig.over("camera-lost") == 10);
}

TEST_CASE("attempts to open a camera that stays away become rare, and never rarer than the limit") {
  Timing timing = quick();
  timing.backoff_least = 5ms;
  timing.backoff_most = 40ms;
  Rig rig({}, timing);
  int attempts = 0;
  std::vector<SteadyTime> times;
  Supervisor counted(
      {}, "LANE-1/front",
      [&]() -> Result<std::unique_ptr<Driver>> {
        times.push_back(std::chrono::steady_clock::now());
        if (++attempts == 9) rig.stop.request_stop();
        return fail(ErrorKind::not_found, "no camera answers");
      },
      nullptr, rig.stop.get_token(), timing);
  const SteadyTime began = std::chrono::steady_clock::now();
  CHECK_FALSE(counted.next().value().has_value());
  REQUIRE(times.size() == 9);
  auto least = 0ms;  // an attempt may be late, never early
  for (std::size_t i = 1; i < times.size(); ++i) {
    least += std::min(5ms * (1 << (i - 1)), 40ms);
    INFO("attempt " << i);
    CHECK(times[i] - began >= least);
  }
}

TEST_CASE("a camera of another model is refused, in one alarm that names both") {
  CameraConfig config;
  config.model = "A-1";
  Rig rig(config);
  rig.world.identity.model = "B-9";
  std::jthread later([&] {
    std::this_thread::sleep_for(100ms);
    const auto lock = rig.world.lock();
    rig.world.identity.model = "A-1";
  });
  rig.world.frame(7);
  CHECK(rig.pull().frame_number == 7);
  CHECK(rig.raised("camera-refused") == 1);
  CHECK(rig.over("camera-refused") == 1);
  CHECK(rig.raised("camera-lost") == 0);
  CHECK(rig.cause("camera-refused").find("B-9") != std::string::npos);
  CHECK(rig.cause("camera-refused").find("A-1") != std::string::npos);
  CHECK(rig.supervisor->counters().refused >= 2);
}

TEST_CASE("a camera whose frames have another size or format is refused") {
  CameraConfig config;
  config.width_px = 64;
  config.height_px = 8;
  Rig rig(config);
  SECTION("size") {
    rig.world.geometry.width_px = 32;
  }
  SECTION("format") {
    rig.world.geometry.readable = false;
    rig.world.geometry.complaint = "its pixels are RGB8";
  }
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    const auto lock = rig.world.lock();
    rig.world.geometry = {64, 8, "Mono8", true, "", 512};
  });
  rig.world.frame(1);
  rig.pull();
  CHECK(rig.raised("camera-refused") == 1);
  CHECK(rig.over("camera-refused") == 1);
  CHECK(rig.world.times("start") == 1);
}

TEST_CASE("a feature that does not stay as it was set keeps the camera from being used") {
  Rig rig(with_features({{"PixelFormat", "Mono8"}, {"ExposureTime", "250"}}));
  rig.world.features = {{"PixelFormat", "Mono8"}, {"ExposureTime", "9.0"}};
  SECTION("it reads back as another") {
    rig.world.stuck["ExposureTime"] = "100.0";
  }
  SECTION("a later one changes it") {
    rig.world.side_effects["ExposureTime"] = {"PixelFormat", "RGB8"};
  }
  SECTION("the camera has none of that name") {
    rig.world.features.erase("ExposureTime");
  }
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    const auto lock = rig.world.lock();
    rig.world.stuck.clear();
    rig.world.side_effects.clear();
    rig.world.features["ExposureTime"] = "9.0";
  });
  rig.world.frame(1);
  rig.pull();
  CHECK(rig.raised("camera-refused") == 1);
  const std::string cause = rig.cause("camera-refused");
  CHECK((cause.find("ExposureTime") != std::string::npos ||
         cause.find("PixelFormat is RGB8") != std::string::npos));
}

TEST_CASE("half frames come without pixels, with why; one alarm, over when it has been quiet") {
  Rig rig;
  rig.world.frames(1, 2);
  rig.world.damaged(3);
  rig.world.damaged(4);
  rig.world.frame(5);
  rig.pull_numbers(2);
  for (int i = 0; i < 2; ++i) {
    const auto capture = rig.pull();
    CHECK(capture.frame.empty());
    CHECK(capture.fault == "incomplete: packets are missing");
  }
  CHECK_FALSE(rig.pull().frame.empty());
  CHECK(rig.raised("camera-damaged") == 1);
  CHECK(rig.over("camera-damaged") == 0);
  rig.idle(100ms);
  CHECK(rig.over("camera-damaged") == 1);
  CHECK(rig.supervisor->counters().damaged == 2);
  CHECK(rig.world.times("open") == 1);
}

TEST_CASE("a camera that sends nothing but damage is started anew") {
  Rig rig;
  rig.world.frame(1);
  for (unsigned i = 0; i < kDamagedInARow; ++i) rig.world.damaged(2 + i);
  rig.world.frame(3);
  rig.pull_numbers(2 + static_cast<int>(kDamagedInARow));
  CHECK(rig.world.times("open") == 2);
  CHECK(rig.raised("camera-damaged") == 1);
  CHECK(rig.over("camera-damaged") == 1);
}

TEST_CASE("frames of a size that was not announced are never pixels, and end in a new start") {
  Rig rig;
  rig.world.frame(1);
  for (unsigned i = 0; i < kOtherSizesInARow; ++i) rig.world.frame(2 + i, 32, 16);
  rig.world.frame(3);
  CHECK_FALSE(rig.pull().frame.empty());
  for (unsigned i = 0; i < kOtherSizesInARow; ++i) {
    const auto capture = rig.pull();
    CHECK(capture.frame.empty());
    CHECK(capture.fault == "a frame of 32×16 instead of 64×8");
  }
  CHECK_FALSE(rig.pull().frame.empty());
  CHECK(rig.world.times("open") == 2);
  CHECK(rig.supervisor->counters().refused == 1);
  CHECK(rig.supervisor->counters().damaged == kOtherSizesInARow);
}

TEST_CASE("a frozen camera's pictures are withheld, and it is started anew") {
  Rig rig;
  rig.world.frame(1, 64, 8, 77);
  for (unsigned i = 0; i < kFrozenInARow; ++i) rig.world.frame(2 + i, 64, 8, 77);
  rig.world.frame(9);
  CHECK_FALSE(rig.pull().frame.empty());
  for (unsigned i = 0; i < kFrozenInARow; ++i) {
    const auto capture = rig.pull();
    CHECK(capture.frame.empty());
    CHECK(capture.fault.find("frozen") == 0);
  }
  CHECK_FALSE(rig.pull().frame.empty());
  CHECK(rig.supervisor->counters().frozen == kFrozenInARow);
  CHECK(rig.raised("camera-frozen") == 1);
  CHECK(rig.over("camera-frozen") == 1);
  CHECK(rig.world.times("open") == 2);
}

TEST_CASE(
    "a camera that is still frozen after it was started anew gives no picture, in one alarm") {
  Rig rig;
  for (std::uint64_t i = 1; i <= 1 + 4 * kFrozenInARow; ++i) rig.world.frame(i, 64, 8, 77);
  CHECK_FALSE(rig.pull().frame.empty());
  for (unsigned i = 0; i < 4 * kFrozenInARow; ++i) CHECK(rig.pull().frame.empty());
  CHECK(rig.raised("camera-frozen") == 1);
  CHECK(rig.over("camera-frozen") == 0);
  CHECK(rig.supervisor->counters().frames == 1);
  CHECK(rig.world.times("open") == 4);
}

TEST_CASE("numbers that are left out are frames lost; a counter that wraps loses none") {
  Rig rig;
  for (const std::uint64_t number : {65533u, 65534u, 65535u, 1u, 2u, 5u, 6u}) {
    rig.world.frame(number);
  }
  rig.pull_numbers(7);
  CHECK(rig.supervisor->counters().lost == 2);
  CHECK(rig.cause("camera-gaps") == "2 frames before number 5 did not arrive");
  CHECK(rig.raised("camera-gaps") == 1);
}

TEST_CASE("a camera that counts its triggers tells what was missed while it was away") {
  Rig rig;
  rig.world.triggered(1, 100);
  rig.world.triggered(2, 101);
  rig.world.control_lost();
  rig.world.triggered(1, 112);  // its frames are numbered anew, its triggers are not
  rig.world.triggered(2, 114);  // one came while it was busy
  rig.world.control_lost();
  rig.world.triggered(1, 1);  // it was without power
  rig.pull_numbers(5);
  CHECK(rig.supervisor->counters().lost == 11);
  CHECK(rig.cause("camera-gaps") == "10 frames before number 1 did not arrive");
}

TEST_CASE("a damaged frame is no gap, though its trigger is not known") {
  Rig rig;
  rig.world.triggered(1, 100);
  rig.world.damaged(2);
  rig.world.triggered(3, 102);
  rig.pull_numbers(3);
  CHECK(rig.supervisor->counters().damaged == 1);
  CHECK(rig.supervisor->counters().lost == 0);
}

TEST_CASE("a camera's clock that goes back or leaps is counted, and frames go on") {
  Rig rig;
  constexpr std::uint64_t kSecond = 1'000'000'000;
  rig.world.frame_at(1, 100 * kSecond);
  rig.world.frame_at(2, 100 * kSecond + 1000);
  rig.world.frame_at(3, 5 * kSecond);    // back
  rig.world.frame_at(4, 500 * kSecond);  // ahead
  rig.world.frame_at(5, 500 * kSecond + 1000);
  CHECK(rig.pull_numbers(5).back() == 5);
  CHECK(rig.supervisor->counters().clock_jumps == 2);
  CHECK(rig.raised("camera-clock") == 1);
  rig.idle(100ms);
  CHECK(rig.over("camera-clock") == 1);
}

TEST_CASE("silence longer than configured is a fault that starts the camera anew") {
  CameraConfig config;
  config.silence = 60ms;
  Rig rig(config);
  rig.world.frame(1);
  rig.pull();
  rig.idle(150ms);
  CHECK(rig.supervisor->counters().silences >= 1);
  CHECK(rig.world.times("open") >= 2);
  CHECK(rig.raised("camera-silent") == 1);
  CHECK(rig.over("camera-silent") == 1);
}

TEST_CASE("a camera that is never to be silent may be so all night") {
  Rig rig;
  rig.world.frame(1);
  rig.pull();
  rig.idle(200ms);
  CHECK(rig.world.times("open") == 1);
  CHECK(rig.alarms.empty());
}

TEST_CASE("a camera that came back is well when it stays, though no mail runs") {
  Rig rig;
  rig.world.frame(1);
  rig.world.control_lost();
  rig.pull();
  std::jthread later([&] {
    std::this_thread::sleep_for(200ms);
    rig.world.meanwhile([&] { CHECK(rig.over("camera-lost") == 1); });  // before the frame
    rig.world.frame(1);
  });
  rig.pull();
  CHECK(rig.alarms.size() == 2);
}

TEST_CASE("storms of packets are one alarm; with more damage than frames the camera starts anew") {
  Rig rig;
  rig.world.frame(1);
  SECTION("frames still come") {
    rig.world.meanwhile([&] {
      const auto lock = rig.world.lock();
      rig.world.counters.resent_packets = 5000;
      rig.world.counters.missing_packets = 7;
    });
    rig.world.meanwhile([] { std::this_thread::sleep_for(40ms); });
    rig.world.frame(2);
    rig.pull_numbers(2);
    rig.idle(20ms);
    CHECK(rig.raised("camera-packets") == 1);
    CHECK(rig.world.times("open") == 1);
    CHECK(rig.supervisor->counters().resent_packets == 5000);
    CHECK(rig.supervisor->counters().missing_packets == 7);
  }
  SECTION("few frames come") {
    for (std::uint64_t i = 0; i < kStormDamaged; ++i) {
      rig.world.damaged(2 * i + 2);
      if (i == 2) rig.world.frame(2 * i + 3);
    }
    rig.world.meanwhile([] { std::this_thread::sleep_for(40ms); });
    rig.world.frame(1);
    rig.pull_numbers(8);
    CHECK(rig.world.times("open") == 2);
  }
}

TEST_CASE("a frame for which no memory is free is lost and counted, and the camera goes on") {
  Rig rig;
  rig.world.frame(1);
  rig.world.no_slot(2);
  rig.world.frame(3);
  rig.world.meanwhile([&] {
    const auto lock = rig.world.lock();
    rig.world.counters.underruns = 4;  // the library's own
  });
  rig.world.meanwhile([] { std::this_thread::sleep_for(40ms); });
  rig.world.frame(8);
  rig.pull();
  const auto capture = rig.pull();
  CHECK(capture.frame.empty());
  CHECK(capture.fault == "no memory was free for the frame");
  rig.pull_numbers(2);
  rig.idle(50ms);
  CHECK(rig.supervisor->counters().underruns == 5);
  CHECK(rig.raised("camera-underrun") == 1);
  CHECK(rig.world.times("open") == 1);
}

TEST_CASE("what the driver has to say of the machine is an alarm for as long as it says it") {
  Rig rig;
  rig.world.notices = {{"camera-socket-buffer", "208 KiB", "sysctl"}};
  rig.world.frames(1, 2);
  rig.pull_numbers(2);
  rig.idle(100ms);
  CHECK(rig.raised("camera-socket-buffer") == 1);
  CHECK(rig.over("camera-socket-buffer") == 0);
  rig.world.notices.clear();
  rig.world.control_lost();
  rig.world.frame(1);
  rig.pull();
  CHECK(rig.over("camera-socket-buffer") == 1);
}

TEST_CASE("a camera that is told to stop does so, whatever it waits for") {
  Rig rig;
  std::stop_source stop;
  SECTION("for a frame") {
    std::jthread later([&] {
      std::this_thread::sleep_for(30ms);
      rig.stop.request_stop();
    });
    CHECK_FALSE(rig.supervisor->next().value().has_value());
  }
  SECTION("for a camera that does not answer, in a call that cannot be cut short") {
    Supervisor slow(
        {}, "LANE-1/front",
        [&]() -> Result<std::unique_ptr<Driver>> {
          std::this_thread::sleep_for(700ms);
          return fail(ErrorKind::not_found, "no camera answers");
        },
        nullptr, stop.get_token(), quick());
    std::jthread later([&] {
      std::this_thread::sleep_for(30ms);
      stop.request_stop();
    });
    const auto before = std::chrono::steady_clock::now();
    CHECK_FALSE(slow.next().value().has_value());
    CHECK(std::chrono::steady_clock::now() - before < 500ms);
  }
}

}  // namespace
}  // namespace backstamp::station::capture
