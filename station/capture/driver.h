// What the supervisor needs of a camera, whatever its bus: GigE and USB3 Vision
// (aravis_driver.cpp), V4L2, RTSP and video files (video_driver.cpp), and the one that tests drive.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "vision/frame.h"

namespace backstamp::station::capture {

/// Who answered. Text that a stranger sent: made printable and short by its driver.
struct Identity {
  std::string vendor;
  std::string model;
  std::string serial;
};

/// What the camera says it will send. A size of 0: it does not know yet.
struct Geometry {
  int width_px = 0;
  int height_px = 0;
  std::string format;       ///< "Mono8"
  bool readable = true;     ///< whether this format can be made grey
  std::string complaint;    ///< why not
  std::uint64_t bytes = 0;  ///< of one frame with all that comes with it
};

enum class FrameState {
  good,
  damaged,  ///< incomplete, aborted, or not of the size and format that were announced
  no_slot,  ///< complete, and no memory was free to keep it
};

/// One frame that arrived.
struct DriverFrame {
  FrameState state = FrameState::good;
  vision::Frame pixels;  ///< of a good one only
  Bytes file;            ///< instead of pixels: a picture file, still packed
  std::string name;      ///< of the file
  std::string fault;     ///< of any other: "incomplete: packets are missing"
  std::uint64_t number = 0;
  SteadyTime arrived{};
  std::optional<std::uint64_t> camera_time_ns;
  std::optional<std::uint64_t> trigger_count;
  std::optional<std::uint64_t> encoder;
};

/// Since start().
struct StreamCounters {
  std::uint64_t underruns = 0;
  std::uint64_t resent_packets = 0;
  std::uint64_t missing_packets = 0;
};

/// Something that is not as it should be and does not keep frames from coming.
struct Notice {
  std::string name;  ///< of the alarm
  std::string cause;
  std::string remedy;
};

/// An open camera; its end closes it. Thread-bound, and may be handed from thread to thread. Every
/// call but next() may take seconds when the camera is gone.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual const Identity& identity() const = 0;
  /// Sets a feature; Error when the camera has none of this name, or refuses the value.
  virtual Result<void> set_feature(const std::string& name, const std::string& value) = 0;
  /// What the camera says of a feature now. None: it is a command, which has no value.
  virtual Result<std::optional<std::string>> feature(const std::string& name) = 0;
  /// After all features are set.
  virtual Result<Geometry> geometry() = 0;
  /// Frames come from now on.
  virtual Result<void> start() = 0;
  /// The next frame, or none when none came within `wait` (250 ms at most). An Error means that the
  /// camera is lost; nothing but the end may follow.
  virtual Result<std::optional<DriverFrame>> next(std::chrono::milliseconds wait) = 0;
  virtual StreamCounters counters() const = 0;
  virtual std::vector<Notice> notices() const { return {}; }
};

/// Finds the camera and takes control of it. Fails: not_found or unavailable (it does not answer),
/// refused (another program has it).
using OpenDriver = std::function<Result<std::unique_ptr<Driver>>()>;

/// Memory for a frame; none when there is none free.
using AcquireSlot = std::function<std::optional<vision::Frame>(int width_px, int height_px)>;

}  // namespace backstamp::station::capture
