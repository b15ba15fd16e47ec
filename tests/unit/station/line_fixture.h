// A line with cameras that a test holds in its hand, and a sorter that writes down what it hears.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "station/line.h"

namespace backstamp::station::testing {

using namespace std::chrono_literals;

/// Gives what the test pushes, as it comes.
class HandCamera final : public vision::FrameSource {
 public:
  void push(vision::Capture capture) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(capture));
    }
    ready_.notify_all();
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    ready_.notify_all();
  }
  Result<std::optional<vision::Capture>> next() override {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    vision::Capture capture = std::move(waiting_.front());
    waiting_.pop_front();
    return capture;
  }
  Result<void> resume_after(std::uint64_t) override { return {}; }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<vision::Capture> waiting_;
  bool ended_ = false;
};

class HeardDecisions final : public Sorter {
 public:
  void decide(const SorterDecision& decision) override {
    const std::lock_guard lock(mutex_);
    heard_.push_back(decision);
  }
  void state(VisionState) override {}
  std::vector<SorterDecision> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<SorterDecision> heard_;
};

/// A face without print, a little lighter to one side.
inline vision::Frame blank(int width = 1200, int height = 600) {
  vision::Frame frame(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(230 - x / 120);
  return frame;
}

inline vision::Capture captured(vision::Frame frame) {
  vision::Capture capture;
  capture.frame = std::move(frame);
  capture.arrived = std::chrono::steady_clock::now();
  return capture;
}

/// One lane, `cameras` cameras, triggers by the machine unless the test says otherwise.
struct LineBench {
  explicit LineBench(std::size_t cameras, unsigned workers = 2)
      : hands(cameras), pool([workers] {
          vision::DecodePoolOptions readers;
          readers.workers = workers;
          readers.program_folder = BACKSTAMP_BIN_DIR;
          auto started = vision::DecodePool::start(readers);
          REQUIRE(started);
          return *std::move(started);
        }()) {
    lane.name = "LANE-1";
    lane.trigger = TriggerKind::machine;
    lane.window = 100ms;
    lane.deadline = 5s;
    lane.closest = 0us;
    for (std::size_t i = 0; i < cameras; ++i) {
      lane.cameras.push_back(&hands[i]);
      lane.camera_names.push_back("camera-" + std::to_string(i + 1));
    }
    lane.camera_delay.resize(cameras, 0us);
    options.workers = workers;
  }

  ~LineBench() { (void)finish(); }

  void start() {
    options.lanes = {lane};
    auto started = Line::start(
        options, std::make_shared<LineTuning>(tuning), pool, always(verifier), duplicates, sorter,
        [this](PieceRecord& piece) -> Result<void> {
          index.note(piece.event);
          const std::lock_guard lock(mutex);
          if (fails_after && events.size() >= *fails_after) return fail(ErrorKind::io, "disk gone");
          events.push_back(piece.event);
          return {};
        },
        [this](const Alarm& alarm) {
          const std::lock_guard lock(mutex);
          alarms.push_back(alarm);
        });
    REQUIRE(started);
    line = *std::move(started);
  }

  void trigger(std::uint64_t machine_piece) {
    Trigger given;
    given.machine_piece = machine_piece;
    given.at = std::chrono::steady_clock::now();
    line->trigger(given);
  }

  /// Waits until so many events are there.
  bool reached(std::size_t count) {
    for (int i = 0; i < 20'000; ++i) {
      {
        const std::lock_guard lock(mutex);
        if (events.size() >= count) return true;
      }
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }

  Result<void> finish() {
    for (HandCamera& camera : hands) camera.end();
    if (!line) return {};
    auto drained = line->drain();
    counters = line->counters();
    line.reset();
    return drained;
  }

  bool raised(const std::string& name) {
    const std::lock_guard lock(mutex);
    return std::any_of(alarms.begin(), alarms.end(), [&](const Alarm& alarm) {
      return alarm.name == name && alarm.raised && !alarm.cause.empty() && !alarm.remedy.empty();
    });
  }

  std::deque<HandCamera> hands;
  vision::DecodePool pool;
  LineLane lane;
  LineOptions options;
  LineTuning tuning;
  postal::Verifier verifier = postal::Verifier::make({}).value();
  DuplicateIndex index = DuplicateIndex::in_memory();
  DuplicateJudge duplicates{index, {}};
  HeardDecisions sorter;
  std::mutex mutex;
  std::vector<postal::ScanEvent> events;
  std::vector<Alarm> alarms;
  std::optional<std::size_t> fails_after;
  LineCounters counters;
  std::unique_ptr<Line> line;
};

}  // namespace backstamp::station::testing
