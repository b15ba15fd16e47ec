// Cameras over the network as the station has them: aravis' fake GigE camera in a process of its
// own, which is killed, replaced and made to lose packets.
#include <csignal>
#include <cstring>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <thread>

#include "station/camera.h"
#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;
using station::Camera;
using station::CameraConfig;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

/// An address of 127/8 that no other test of this machine has.
std::string own_address(int number) {
  const int pid = ::getpid();
  return "127." + std::to_string(64 + pid / 250 % 128) + "." + std::to_string(pid % 250 + 1) + "." +
         std::to_string(number);
}

class FakeCamera {
 public:
  explicit FakeCamera(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    begin();
  }
  void begin(const std::vector<std::string>& more = {}) {
    const auto out = folder_.path() / ("out" + std::to_string(++runs_));
    auto arguments = arguments_;
    arguments.insert(arguments.end(), more.begin(), more.end());
    process_ = start("backstamp-fake-camera", arguments, out, folder_.path() / "err");
    REQUIRE(wait_until([&] { return read_text(out).find("answers") != std::string::npos; }, 10s));
    answering_since_ = now();
  }
  void kill() {
    process_.signal(SIGKILL);
    REQUIRE(process_.wait_for(5s).has_value());
  }
  ChildProcess& process() { return process_; }
  SteadyTime answering_since() const { return answering_since_; }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> arguments_;
  int runs_ = 0;
  ChildProcess process_;
  SteadyTime answering_since_{};
};

/// A camera of the station, pulled by a thread as a lane pulls it.
class Pulled {
 public:
  explicit Pulled(const CameraConfig& config, unsigned slots = 32) {
    auto ring = vision::FrameRing::create({.slot_bytes = 4u << 20, .slots = slots});
    REQUIRE(ring.has_value());
    ring_ = *ring;
    auto camera = station::open_camera(
        config, "LANE-1/" + config.name, ring_, [this](const Alarm& alarm) { take(alarm); },
        stop_.get_token());
    REQUIRE(camera.has_value());
    camera_ = std::move(*camera);
    thread_ = std::thread([this] { pull(); });
  }
  ~Pulled() {
    stop_.request_stop();
    thread_.join();
  }

  std::uint64_t good() const { return good_.load(); }
  std::uint64_t without_pixels() const { return bad_.load(); }
  std::uint64_t elsewhere() const { return elsewhere_.load(); }
  std::uint64_t wrong() const { return wrong_.load(); }
  SteadyTime last_good() const { return SteadyTime(SteadyTime::duration(last_good_.load())); }
  station::CameraCounters counters() const { return camera_->counters(); }
  std::vector<Alarm> alarms() const {
    const std::lock_guard lock(mutex_);
    return alarms_;
  }
  std::size_t raised(const std::string& name, bool is_raised = true) const {
    const auto all = alarms();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Alarm& alarm) {
      return alarm.name == name && alarm.raised == is_raised;
    }));
  }
  std::string told() const {
    std::string text;
    for (const Alarm& alarm : alarms()) {
      text += (alarm.raised ? "+" : "-") + alarm.name + ": " + alarm.cause + "\n";
    }
    const auto c = counters();
    return text + "frames " + std::to_string(c.frames) + " damaged " + std::to_string(c.damaged) +
           " lost " + std::to_string(c.lost) + " underruns " + std::to_string(c.underruns) +
           " missing " + std::to_string(c.missing_packets) + " resent " +
           std::to_string(c.resent_packets) + " restarts " + std::to_string(c.restarts) + "\n";
  }
  /// How long next() took to return after it was told to stop.
  std::chrono::milliseconds stopped_after() {
    const SteadyTime told = now();
    stop_.request_stop();
    while (!ended_.load()) std::this_thread::sleep_for(1ms);
    return std::chrono::duration_cast<std::chrono::milliseconds>(now() - told);
  }

 private:
  void take(const Alarm& alarm) {
    const std::lock_guard lock(mutex_);
    alarms_.push_back(alarm);
  }
  void pull() {
    while (true) {
      auto capture = camera_->next();
      if (!capture || !*capture) break;
      if ((*capture)->frame.empty()) {
        ++bad_;
        continue;
      }
      look(**capture);
      ++good_;
      last_good_ = now().time_since_epoch().count();
    }
    ended_ = true;
  }
  /// Test pictures begin with their number, which must grow while the camera lives.
  void look(const vision::Capture& capture) {
    const auto view = capture.frame.view();
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | view.pixels[i];
    if (number <= last_number_ && number > 1) ++wrong_;
    last_number_ = number;
    if (!ring_->offset_of(view)) ++elsewhere_;
    if (!capture.camera_time_ns || capture.arrived == SteadyTime{}) ++wrong_;
  }

  std::shared_ptr<vision::FrameRing> ring_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::vector<Alarm> alarms_;
  std::unique_ptr<Camera> camera_;
  std::uint64_t last_number_ = 0;
  std::atomic<std::uint64_t> good_{0};
  std::atomic<std::uint64_t> bad_{0};
  std::atomic<std::uint64_t> elsewhere_{0};
  std::atomic<std::uint64_t> wrong_{0};
  std::atomic<SteadyTime::rep> last_good_{0};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

CameraConfig config_at(const std::string& address) {
  CameraConfig config;
  config.name = "front";
  config.address = address;
  config.packet_bytes = 8000;
  return config;
}

TEST_CASE("frames of a GigE camera lie in the ring, numbered, with both times") {
  FakeCamera fake({"--address", own_address(1), "--serial", "FLOW", "--rate", "50"});
  Pulled pulled(config_at(own_address(1)));
  REQUIRE(wait_until([&] { return pulled.good() >= 100; }, 20s));
  INFO(pulled.told());
  CHECK(pulled.elsewhere() == 0);
  CHECK(pulled.wrong() == 0);
  CHECK(pulled.without_pixels() == 0);
  CHECK(pulled.counters().up);
  CHECK(pulled.alarms().empty());
  CHECK(pulled.stopped_after() < 1s);
}

TEST_CASE("a GigE camera is found by its serial number") {
  FakeCamera fake({"--address", own_address(2), "--serial", "S" + std::to_string(::getpid())});
  const auto seen = station::find_cameras();
  const auto found = std::find_if(seen.begin(), seen.end(), [](const station::CameraSeen& camera) {
    return camera.address == own_address(2);
  });
  REQUIRE(found != seen.end());
  CHECK(found->serial == "S" + std::to_string(::getpid()));
  CHECK(found->model == "Fake");
  for (const std::string& address : {found->id, found->serial}) {
    Pulled pulled(config_at(address));
    INFO(address << "\n" << pulled.told());
    CHECK(wait_until([&] { return pulled.good() >= 3; }, 20s));
  }
}

TEST_CASE("a camera whose process is killed flows again within 3 s of answering") {
  const int times = long_run() ? 10 : 3;
  FakeCamera fake({"--address", own_address(3), "--serial", "KILL", "--rate", "50"});
  Pulled pulled(config_at(own_address(3)));
  for (int i = 1; i <= times; ++i) {
    REQUIRE(wait_until([&] { return pulled.good() >= 20; }, 20s));
    fake.kill();
    // Now and then it is away for long, as when someone changes a cable.
    std::this_thread::sleep_for(long_run() && i % 3 == 0 ? 6s : 300ms);
    fake.begin();
    const bool flows = wait_until(
        [&] { return pulled.last_good() > fake.answering_since() && pulled.counters().up; }, 10s);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(pulled.last_good() -
                                                                            fake.answering_since());
    INFO(pulled.told());
    REQUIRE(flows);
    std::printf("restart %d: frames again after %lld ms\n", i,
                static_cast<long long>(took.count()));
    CHECK(took < 3s);
    const auto counters = pulled.counters();
    CHECK(counters.restarts == static_cast<std::uint64_t>(i));
    CHECK(counters.control_lost >= static_cast<std::uint64_t>(i));
    CHECK(counters.down_ms > 0);
    CHECK(pulled.raised("camera-lost") == static_cast<std::size_t>(i));
    CHECK(wait_until(
        [&] { return pulled.raised("camera-lost", false) == static_cast<std::size_t>(i); }, 2s));
  }
  CHECK(pulled.wrong() == 0);
  CHECK(pulled.counters().frames == pulled.good());
}

TEST_CASE("a camera that another one has taken the place of is refused until it is put back") {
  FakeCamera fake({"--address", own_address(4), "--serial", "SWAP", "--rate", "50"});
  CameraConfig config = config_at(own_address(4));
  config.model = "Fake";
  config.width_px = config.height_px = 512;
  Pulled pulled(config);
  REQUIRE(wait_until([&] { return pulled.good() >= 5; }, 20s));
  for (const auto& other : {std::vector<std::string>{"--model", "Other-2000"},
                            std::vector<std::string>{"--height", "256"}}) {
    const auto refused = pulled.raised("camera-refused");
    fake.kill();
    fake.begin(other);
    INFO(pulled.told());
    REQUIRE(wait_until([&] { return pulled.raised("camera-refused") == refused + 1; }, 15s));
    CHECK_FALSE(pulled.counters().up);
    fake.kill();
    fake.begin();
    REQUIRE(wait_until([&] { return pulled.last_good() > fake.answering_since(); }, 15s));
    CHECK(wait_until([&] { return pulled.raised("camera-refused", false) == refused + 1; }, 2s));
  }
  CHECK(pulled.counters().refused >= 2);
  CHECK(pulled.told().find("\"Other-2000\", not a \"Fake\"") != std::string::npos);
  CHECK(pulled.told().find("512×256, not 512×512") != std::string::npos);
}

TEST_CASE("features are set on the camera, and one that it has not keeps it from being used") {
  FakeCamera fake({"--address", own_address(5), "--serial", "FEAT", "--rate", "50"});
  CameraConfig config = config_at(own_address(5));
  config.features = {{"Width", "256"}, {"Height", "128"}, {"TestRegister", "77"}};
  config.width_px = 256;
  config.height_px = 128;
  {
    Pulled pulled(config);
    INFO(pulled.told());
    CHECK(wait_until([&] { return pulled.good() >= 5; }, 20s));
    CHECK(pulled.wrong() == 0);
  }
  config.features.emplace_back("NoSuchFeature", "1");
  Pulled pulled(config);
  CHECK(wait_until([&] { return pulled.raised("camera-refused") == 1; }, 10s));
  CHECK(pulled.told().find("NoSuchFeature") != std::string::npos);
  CHECK(pulled.good() == 0);
}

TEST_CASE("frames whose packets were lost come without pixels, and all are accounted for") {
  FakeCamera fake(
      {"--address", own_address(6), "--serial", "LOSS", "--rate", "50", "--lose", "0.01"});
  Pulled pulled(config_at(own_address(6)));
  REQUIRE(wait_until([&] { return pulled.good() >= 50 && pulled.without_pixels() >= 5; }, 30s));
  INFO(pulled.told());
  CHECK(pulled.wrong() == 0);
  CHECK(pulled.raised("camera-damaged") >= 1);
  CHECK(pulled.counters().missing_packets >= pulled.counters().damaged);
}

TEST_CASE("frames that nobody gives back cost frames, not the camera") {
  FakeCamera fake({"--address", own_address(7), "--serial", "HOLD", "--rate", "50"});
  auto ring = vision::FrameRing::create({.slot_bytes = 1u << 20, .slots = 4});
  REQUIRE(ring.has_value());
  std::stop_source stop;
  std::vector<Alarm> alarms;
  auto camera = station::open_camera(
      config_at(own_address(7)), "LANE-1/front", *ring,
      [&](const Alarm& alarm) { alarms.push_back(alarm); }, stop.get_token());
  REQUIRE(camera.has_value());
  std::vector<vision::Frame> held;
  const auto pull = [&] {
    auto capture = (*camera)->next();
    REQUIRE(capture.has_value());
    REQUIRE(capture->has_value());
    return std::move(**capture);
  };
  while (held.size() < 4) held.push_back(pull().frame);
  std::thread later([&] {
    std::this_thread::sleep_for(600ms);
    held.clear();
  });
  const auto after = pull();
  later.join();
  CHECK_FALSE(after.frame.empty());
  for (int i = 0; i < 60; ++i) pull();
  CHECK((*camera)->counters().underruns > 0);
  CHECK((*camera)->counters().restarts == 0);
  CHECK(std::any_of(alarms.begin(), alarms.end(),
                    [](const Alarm& alarm) { return alarm.name == "camera-underrun"; }));
}

TEST_CASE("a triggered camera sends one frame a trigger, showing the picture that was asked for") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  TemporaryFolder folder;
  std::string pictures(3 * 64 * 64, '\0');
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    pictures[i] = static_cast<char>(i / (64 * 64) == 2 ? 200 + i % 2 : 100 + i % 3);
  }
  write_text(folder.path() / "faces.grey", pictures);
  auto fake = ChildProcess::start(
      {program("backstamp-fake-camera").string(), "--address", own_address(8), "--serial", "TRIG",
       "--width", "64", "--height", "64", "--pictures", (folder.path() / "faces.grey").string(),
       "--triggers", std::to_string(pipe[0])},
      {pipe[0]});
  REQUIRE(fake.has_value());
  ::close(pipe[0]);
  auto ring = vision::FrameRing::create({.slot_bytes = 1u << 16, .slots = 8});
  std::stop_source stop;
  auto camera = station::open_camera(config_at(own_address(8)), "LANE-1/front", *ring, nullptr,
                                     stop.get_token());
  REQUIRE(camera.has_value());
  std::jthread trigger([&](std::stop_token end) {
    while (!(*camera)->counters().up && !end.stop_requested()) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(200ms);
    const std::string_view lines = "2\n0\n1\n2\n";
    CHECK(::write(pipe[1], lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()));
  });
  std::vector<int> shown;
  for (int i = 0; i < 4; ++i) {
    auto capture = (*camera)->next();
    REQUIRE(capture.has_value());
    REQUIRE(capture->has_value());
    shown.push_back(*(*capture)->frame.view().row(1) / 100);
  }
  CHECK(shown == std::vector<int>{2, 1, 1, 2});
  CHECK((*camera)->counters().frames == 4);
  ::close(pipe[1]);
  CHECK(fake->wait_for(5s).has_value());
}

TEST_CASE("strips of a camera on the network become pieces") {
  // Eight strips of 64 lines, shown over and over: a letter of 160 lines on a dark belt.
  TemporaryFolder folder;
  std::string belt(512 * 256, '\0');
  for (int y = 0; y < 512; ++y) {
    for (int x = 0; x < 256; ++x) {
      const bool mail = y >= 100 && y < 260 && x >= 40 && x < 220;
      belt[static_cast<std::size_t>(y * 256 + x)] =
          static_cast<char>((mail ? 200 : 20) + (x * 7 + y * 13) % 11);
    }
  }
  write_text(folder.path() / "belt.grey", belt);
  FakeCamera fake({"--address", own_address(10), "--serial", "LINE", "--width", "256", "--height",
                   "64", "--rate", "100", "--pictures", (folder.path() / "belt.grey").string()});
  CameraConfig config = config_at(own_address(10));
  config.width_px = 256;
  config.strips.emplace();
  config.strips->shortest_px = 100;
  config.strips->longest_px = 400;
  auto ring = vision::FrameRing::create({.slot_bytes = 1u << 20, .slots = 32});
  std::stop_source stop;
  auto camera = station::open_camera(config, "LANE-1/line", *ring, nullptr, stop.get_token());
  REQUIRE(camera.has_value());
  for (int i = 0; i < 6; ++i) {
    auto piece = (*camera)->next();
    REQUIRE(piece.has_value());
    REQUIRE(piece->has_value());
    if (i == 0) continue;  // the camera may have begun within it
    CHECK((*piece)->marks == 0);
    CHECK((*piece)->frame.height_px() == 160 + 2 * 16);
    CHECK((*piece)->frame.view().row(20)[100] >= 200);
    CHECK((*ring)->offset_of((*piece)->frame.view()).has_value());
  }
}

TEST_CASE("a second fake camera at an address that is taken says so") {
  FakeCamera fake({"--address", own_address(9)});
  const Ran second = run("backstamp-fake-camera", {"--address", own_address(9)}, 10s);
  CHECK(second.exit == 1);
  CHECK(second.err.find("a camera is there already") != std::string::npos);
}

}  // namespace
}  // namespace backstamp::test
