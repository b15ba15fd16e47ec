// A camera that a test drives: what answers, what it says, and what comes of it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// The camera and its network, shared with the drivers that are opened on it. Thread-safe.
class FakeWorld {
 public:
  using Step = std::function<Result<std::optional<DriverFrame>>()>;

  // Set before the camera is opened, or under lock().
  bool present = true;
  Identity identity{"Acme", "A-1", "42"};
  std::map<std::string, std::string> features;  ///< those it has, and their values
  std::map<std::string, std::string> stuck;     ///< those that stay at a value
  std::map<std::string, std::pair<std::string, std::string>> side_effects;
  Geometry geometry{64, 8, "Mono8", true, "", 512};
  StreamCounters counters;
  std::vector<Notice> notices;
  std::vector<std::string> log;  ///< "open", "ExposureTime=5", "start", "close"

  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  void then(Step step) {
    const std::lock_guard guard(mutex_);
    steps_.push_back(std::move(step));
  }
  std::optional<Step> next_step() {
    const std::lock_guard guard(mutex_);
    if (steps_.empty()) return std::nullopt;
    Step step = std::move(steps_.front());
    steps_.pop_front();
    return step;
  }
  void note(std::string what) {
    const std::lock_guard guard(mutex_);
    log.push_back(std::move(what));
  }
  std::size_t times(const std::string& what) {
    const std::lock_guard guard(mutex_);
    return static_cast<std::size_t>(std::count(log.begin(), log.end(), what));
  }

  /// Frames and faults, in the order in which they come.
  void frame(std::uint64_t number, int width_px = 64, int height_px = 8, int shade = -1) {
    then([=] { return frame_of(number, width_px, height_px, shade); });
  }
  void frames(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t number = first; number <= last; ++number) frame(number);
  }
  void damaged(std::uint64_t number, std::string why = "incomplete: packets are missing") {
    then([=]() -> Result<std::optional<DriverFrame>> {
      DriverFrame frame;
      frame.state = FrameState::damaged;
      frame.fault = why;
      frame.number = number;
      frame.arrived = std::chrono::steady_clock::now();
      return frame;
    });
  }
  void no_slot(std::uint64_t number) {
    then([=]() -> Result<std::optional<DriverFrame>> {
      DriverFrame frame;
      frame.state = FrameState::no_slot;
      frame.fault = "no memory was free for the frame";
      frame.number = number;
      frame.arrived = std::chrono::steady_clock::now();
      return frame;
    });
  }
  /// A frame whose camera's clock shows this, whatever ours does.
  void frame_at(std::uint64_t number, std::uint64_t camera_time_ns) {
    then([=] {
      auto made = frame_of(number, 64, 8, -1);
      (*made)->camera_time_ns = camera_time_ns;
      return made;
    });
  }
  void triggered(std::uint64_t number, std::uint64_t count) {
    then([=] {
      auto made = frame_of(number, 64, 8, -1);
      (*made)->trigger_count = count;
      return made;
    });
  }
  void control_lost() {
    then([]() -> Result<std::optional<DriverFrame>> {
      return fail(ErrorKind::unavailable, "control of the camera was lost");
    });
  }
  /// Runs between two frames, as what happens around a camera does.
  void meanwhile(std::function<void()> change) {
    then([change = std::move(change)]() -> Result<std::optional<DriverFrame>> {
      change();
      return std::nullopt;
    });
  }

  OpenDriver opener();

 private:
  static Result<std::optional<DriverFrame>> frame_of(std::uint64_t number, int width_px,
                                                     int height_px, int shade) {
    DriverFrame frame;
    frame.number = number;
    frame.pixels = vision::Frame(width_px, height_px);
    for (int y = 0; y < height_px; ++y) {
      for (int x = 0; x < width_px; ++x) {
        const int value = shade >= 0 ? shade + (x & 1) : static_cast<int>(number * 31) + x + 7 * y;
        frame.pixels.row(y)[x] = static_cast<std::uint8_t>(value);
      }
    }
    frame.arrived = std::chrono::steady_clock::now();
    return frame;
  }

  std::mutex mutex_;
  std::deque<Step> steps_;
};

class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(FakeWorld& world) : world_(world), identity_(world.identity) {
    world_.note("open");
  }
  ~FakeDriver() override { world_.note("close"); }

  const Identity& identity() const override { return identity_; }
  Result<void> set_feature(const std::string& name, const std::string& value) override {
    world_.note(name + "=" + value);
    const auto lock = world_.lock();
    if (!world_.features.contains(name)) {
      return fail(ErrorKind::refused, "the camera has no feature " + name);
    }
    const auto stuck = world_.stuck.find(name);
    world_.features[name] = stuck == world_.stuck.end() ? value : stuck->second;
    if (const auto effect = world_.side_effects.find(name); effect != world_.side_effects.end()) {
      world_.features[effect->second.first] = effect->second.second;
    }
    return {};
  }
  Result<std::optional<std::string>> feature(const std::string& name) override {
    const auto lock = world_.lock();
    const std::string value = world_.features.at(name);
    if (value == "run") return std::nullopt;  // a command
    return value;
  }
  Result<Geometry> geometry() override {
    const auto lock = world_.lock();
    return world_.geometry;
  }
  Result<void> start() override {
    world_.note("start");
    return {};
  }
  Result<std::optional<DriverFrame>> next(std::chrono::milliseconds wait) override {
    if (auto step = world_.next_step()) return (*step)();
    std::this_thread::sleep_for(wait);
    return std::nullopt;
  }
  StreamCounters counters() const override {
    const auto lock = world_.lock();
    return world_.counters;
  }
  std::vector<Notice> notices() const override { return world_.notices; }

 private:
  FakeWorld& world_;
  Identity identity_;
};

inline OpenDriver FakeWorld::opener() {
  return [this]() -> Result<std::unique_ptr<Driver>> {
    {
      const std::lock_guard guard(mutex_);
      if (!present) return fail(ErrorKind::not_found, "no camera answers");
    }
    return std::make_unique<FakeDriver>(*this);
  };
}

}  // namespace backstamp::station::capture
