// One camera under watch, whatever its bus: what station/camera.h promises of a Camera.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "station/camera.h"
#include "station/capture/alarms.h"
#include "station/capture/driver.h"
#include "station/capture/opener.h"
#include "station/capture/stream_watch.h"

namespace backstamp::station::capture {

/// How long things take. Tests make it short.
struct Timing {
  std::chrono::milliseconds backoff_least{50};
  std::chrono::milliseconds backoff_most{1000};  ///< from one attempt's begin to the next
  std::chrono::milliseconds slice{100};          ///< how long to wait for a frame in one go
  std::chrono::milliseconds window{1000};        ///< in which packets and damage are counted
  std::chrono::milliseconds quiet{10'000};       ///< so long without it, and an alarm is over
  std::chrono::milliseconds settled{
      5000};  ///< a camera that is up for so long is well, mail or none
};

/// When frames that arrive tell of a fault.
inline constexpr unsigned kDamagedInARow = 8;
inline constexpr unsigned kFrozenInARow = 3;
inline constexpr unsigned kOtherSizesInARow = 3;
inline constexpr std::uint64_t kStormDamaged = 5;     ///< a window, if more than the good ones
inline constexpr std::uint64_t kStormPackets = 2000;  ///< resent or missing, a window

class Supervisor final : public Camera {
 public:
  /// `config` as open_camera() has it; `open` finds the camera.
  Supervisor(CameraConfig config, std::string source, OpenDriver open, AlarmSink alarms,
             std::stop_token stop, Timing timing = {});

  ~Supervisor() override;

  Result<std::optional<vision::Capture>> next() override;
  Result<void> resume_after(std::uint64_t) override { return {}; }
  CameraCounters counters() const override;

 private:
  void bring_up();
  void started(std::unique_ptr<Driver> driver);
  void not_started(const Opened& opened);
  void lose(const std::string& alarm, std::string cause, std::string remedy);
  void outage(const std::string& alarm, std::string cause, std::string remedy, SteadyTime now);
  std::optional<vision::Capture> judge(DriverFrame frame);
  void note(const DriverFrame& frame, const FrameFinding& finding);
  bool give_up_on(const DriverFrame& frame, const FrameFinding& finding);
  void check_idle();
  void absorb(SteadyTime now);
  void check_window(SteadyTime now);
  void flowing(SteadyTime now);
  void pause();
  template <typename Change>
  void count(Change change) {
    const std::lock_guard lock(mutex_);
    change(counters_);
  }

  const CameraConfig config_;
  const Timing timing_;
  const std::stop_token stop_;
  AlarmSet alarms_;
  Opener opener_;
  Geometry geometry_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Driver> dead_;  ///< still to be closed
  StreamWatch watch_;
  std::string outage_;  ///< the alarm of the outage that is under way
  bool was_up_ = false;
  unsigned attempts_ = 0;
  unsigned other_sizes_ = 0;
  SteadyTime attempted_{};
  SteadyTime up_since_{};
  SteadyTime down_since_{};
  SteadyTime heard_{};  ///< the last frame, or the start
  SteadyTime window_began_{};
  StreamCounters seen_;       ///< of this stream, as last looked at
  StreamCounters at_window_;  ///< at the window's begin
  std::uint64_t window_good_ = 0;
  std::uint64_t window_damaged_ = 0;
  mutable std::mutex mutex_;
  CameraCounters counters_;
};

}  // namespace backstamp::station::capture
