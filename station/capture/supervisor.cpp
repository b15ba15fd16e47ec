#include "station/capture/supervisor.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <utility>

#include "station/capture/set_up.h"

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

std::string seconds(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(time).count());
  return text;
}

std::uint64_t more(std::uint64_t later, std::uint64_t before) {
  return later > before ? later - before : 0;
}

constexpr const char* kSocketBuffer = "camera-socket-buffer";
constexpr const char* kLookAtCamera =
    "Look at the camera's power and cable; `backstamp doctor` lists the cameras that answer.";
constexpr const char* kLookAtNetwork =
    "Give the camera a network card of its own with jumbo frames and a larger socket buffer "
    "(docs/cameras.md).";

}  // namespace

Supervisor::Supervisor(CameraConfig config, std::string source, OpenDriver open, AlarmSink alarms,
                       std::stop_token stop, Timing timing)
    : config_(std::move(config)),
      timing_(timing),
      stop_(std::move(stop)),
      alarms_(std::move(source), std::move(alarms)),
      opener_(std::move(open), config_),
      down_since_(now()) {}

CameraCounters Supervisor::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

Supervisor::~Supervisor() {
  opener_.close(std::move(dead_));
  opener_.close(std::move(driver_));
}

Result<std::optional<vision::Capture>> Supervisor::next() {
  while (!stop_.stop_requested()) {
    if (driver_ == nullptr) {
      bring_up();
      continue;
    }
    auto frame = driver_->next(timing_.slice);
    if (!frame) {
      count([](CameraCounters& counters) { ++counters.control_lost; });
      lose("camera-lost", frame.error().message, kLookAtCamera);
    } else if (!*frame) {
      check_idle();
    } else if (auto capture = judge(std::move(**frame))) {
      return capture;
    }
  }
  return std::nullopt;
}

/// One attempt, after the pause that is due.
void Supervisor::bring_up() {
  pause();
  if (stop_.stop_requested()) return;
  attempted_ = now();
  opener_.begin(std::move(dead_));
  auto opened = opener_.wait(stop_);
  if (!opened) return;
  if (opened->driver != nullptr) {
    geometry_ = std::move(opened->geometry);
    started(std::move(opened->driver));
  } else {
    not_started(*opened);
  }
}

void Supervisor::pause() {
  if (attempts_ == 0) return;
  const unsigned doublings = std::min(attempts_ - 1, 16u);
  const milliseconds most = timing_.backoff_most;
  const milliseconds wait = std::min(timing_.backoff_least * (1u << doublings), most);
  std::mutex nobody;
  std::unique_lock lock(nobody);
  std::condition_variable_any().wait_until(lock, stop_, attempted_ + wait, [] { return false; });
}

void Supervisor::started(std::unique_ptr<Driver> driver) {
  driver_ = std::move(driver);
  watch_.anew();
  seen_ = at_window_ = {};
  other_sizes_ = 0;
  window_good_ = window_damaged_ = 0;
  up_since_ = heard_ = window_began_ = now();
  const auto down = std::chrono::floor<milliseconds>(up_since_ - down_since_);
  const bool again = std::exchange(was_up_, true);
  ++attempts_;
  count([&](CameraCounters& counters) {
    counters.up = true;
    counters.down_ms += static_cast<std::uint64_t>(std::max<std::int64_t>(down.count(), 0));
    if (again) ++counters.restarts;
  });
  const std::vector<Notice> notices = driver_->notices();
  if (notices.empty()) alarms_.over(kSocketBuffer);
  for (const Notice& notice : notices) {
    alarms_.raise(notice.name, notice.cause, notice.remedy, up_since_);
  }
}

void Supervisor::not_started(const Opened& opened) {
  ++attempts_;
  if (!opened.answered) {
    outage("camera-lost", opened.error->message, kLookAtCamera, now());
    return;
  }
  count([](CameraCounters& counters) { ++counters.refused; });
  outage("camera-refused", opened.error->message,
         "Put the configured camera back, or configure this one (docs/cameras.md).", now());
}

/// One alarm for as long as frames cannot come, whatever follows from what; another cause of the
/// same outage takes the place of the first.
void Supervisor::outage(const std::string& alarm, std::string cause, std::string remedy,
                        SteadyTime at) {
  if (!outage_.empty() && outage_ != alarm) alarms_.over(outage_);
  outage_ = alarm;
  alarms_.raise(alarm, std::move(cause), std::move(remedy), at);
}

void Supervisor::lose(const std::string& alarm, std::string cause, std::string remedy) {
  down_since_ = now();
  absorb(down_since_);
  dead_ = std::move(driver_);
  if (alarm == "camera-refused") alarms_.over("camera-damaged");  // of the same frames
  count([](CameraCounters& counters) { counters.up = false; });
  outage(alarm, std::move(cause), std::move(remedy), down_since_);
}

/// No frame came in this slice.
void Supervisor::check_idle() {
  const SteadyTime at = now();
  check_window(at);
  if (driver_ == nullptr) return;
  if (config_.silence > 0ms && at - heard_ >= config_.silence) {
    count([](CameraCounters& counters) { ++counters.silences; });
    lose("camera-silent", "no frame for " + seconds(at - heard_),
         "Look at the trigger and its cable, at the light, and at the camera's own state.");
    return;
  }
  // Where frames come with mail alone, a camera that answers and stays is well without any.
  if (at - up_since_ >= timing_.settled && config_.silence == 0ms) flowing(at);
}

void Supervisor::flowing(SteadyTime at) {
  attempts_ = 1;
  if (!outage_.empty()) alarms_.over(std::exchange(outage_, {}));
  alarms_.settle(at, timing_.quiet, kSocketBuffer);
}

/// Adds what the driver counted since the last look.
void Supervisor::absorb(SteadyTime at) {
  const StreamCounters is = driver_->counters();
  const std::uint64_t underruns = more(is.underruns, seen_.underruns);
  count([&](CameraCounters& counters) {
    counters.underruns += underruns;
    counters.resent_packets += more(is.resent_packets, seen_.resent_packets);
    counters.missing_packets += more(is.missing_packets, seen_.missing_packets);
  });
  seen_ = is;
  if (underruns > 0) {
    alarms_.raise("camera-underrun", "the station had no buffer for a frame",
                  "Give the line more frames of memory, or find what is slow (docs/cameras.md).",
                  at);
  }
}

/// At a window's end: were there storms of packets, or more bad frames than good ones?
void Supervisor::check_window(SteadyTime at) {
  if (at - window_began_ < timing_.window) return;
  absorb(at);
  const std::uint64_t packets = more(seen_.resent_packets, at_window_.resent_packets) +
                                more(seen_.missing_packets, at_window_.missing_packets);
  const bool storm = window_damaged_ >= kStormDamaged && window_damaged_ > window_good_;
  const std::string cause = std::to_string(packets) + " packets resent or missing and " +
                            std::to_string(window_damaged_) + " frames damaged in " +
                            seconds(at - window_began_);
  if (packets >= kStormPackets) alarms_.raise("camera-packets", cause, kLookAtNetwork, at);
  window_began_ = at;
  at_window_ = seen_;
  window_good_ = window_damaged_ = 0;
  if (storm) lose("camera-damaged", cause, kLookAtNetwork);
}

void Supervisor::note(const DriverFrame& frame, const FrameFinding& finding) {
  const SteadyTime at = frame.arrived;
  count([&](CameraCounters& counters) {
    counters.lost += finding.lost;
    if (finding.clock_jumped) ++counters.clock_jumps;
    if (finding.frozen) ++counters.frozen;
    if (frame.state == FrameState::damaged) ++counters.damaged;
    if (frame.state == FrameState::no_slot) ++counters.underruns;
    if (frame.state == FrameState::good && !finding.frozen) ++counters.frames;
  });
  if (finding.lost > 0) {
    alarms_.raise("camera-gaps",
                  std::to_string(finding.lost) + " frames before number " +
                      std::to_string(frame.number) + " did not arrive",
                  kLookAtNetwork, at);
  }
  if (finding.clock_jumped) {
    alarms_.raise(
        "camera-clock", "the camera's clock jumped at frame " + std::to_string(frame.number),
        "Look whether the camera started anew, or whether its time source (PTP) did.", at);
  }
  if (frame.state == FrameState::damaged) {
    alarms_.raise("camera-damaged", "frame " + std::to_string(frame.number) + ": " + frame.fault,
                  kLookAtNetwork, at);
  }
  if (frame.state == FrameState::no_slot) {
    alarms_.raise("camera-underrun", frame.fault,
                  "Give the line more frames of memory, or find what is slow (docs/cameras.md).",
                  at);
  }
}

/// Frames that tell that no good one will come before the camera is started anew.
bool Supervisor::give_up_on(const DriverFrame& frame, const FrameFinding& finding) {
  if (finding.frozen_in_a_row >= kFrozenInARow) {
    lose("camera-frozen",
         std::to_string(finding.frozen_in_a_row + 1) + " frames are byte for byte the same",
         "Power-cycle the camera if it does not recover by being started anew.");
  } else if (other_sizes_ >= kOtherSizesInARow) {
    count([](CameraCounters& counters) { ++counters.refused; });
    lose("camera-refused", frame.fault, "Find who else configures this camera, and stop it.");
  } else if (finding.damaged_in_a_row >= kDamagedInARow) {
    lose("camera-damaged", frame.fault, kLookAtNetwork);
  } else {
    return false;
  }
  return true;
}

std::optional<vision::Capture> Supervisor::judge(DriverFrame frame) {
  heard_ = frame.arrived;
  const bool other_size = frame.state == FrameState::good && frame.file.empty() &&
                          geometry_.width_px > 0 &&
                          (frame.pixels.width_px() != geometry_.width_px ||
                           frame.pixels.height_px() != geometry_.height_px);
  if (other_size) {
    frame.state = FrameState::damaged;
    frame.fault = "a frame of " + size_text(frame.pixels.width_px(), frame.pixels.height_px()) +
                  " instead of " + size_text(geometry_.width_px, geometry_.height_px);
  }
  const FrameFinding finding = watch_.see(frame);
  other_sizes_ = other_size ? other_sizes_ + 1 : 0;
  note(frame, finding);
  vision::Capture capture;
  capture.arrived = frame.arrived;
  capture.frame_number = frame.number;
  capture.camera_time_ns = frame.camera_time_ns;
  capture.trigger_count = frame.trigger_count;
  capture.encoder = frame.encoder;
  capture.name = std::move(frame.name);
  if (frame.state != FrameState::good) {
    capture.fault = frame.fault.empty() ? "no pixels" : frame.fault;
    ++window_damaged_;
  } else if (finding.frozen) {
    capture.fault = "frozen: byte for byte the frame before";
  } else {
    capture.frame = std::move(frame.pixels);
    capture.file = std::move(frame.file);
    ++window_good_;
    flowing(frame.arrived);
  }
  if (!give_up_on(frame, finding)) check_window(frame.arrived);
  return capture;
}

}  // namespace backstamp::station::capture
