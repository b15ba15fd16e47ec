// Live cameras: configured, opened, watched over, and started anew when they fail.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/alarm.h"
#include "base/error.h"
#include "base/yaml.h"
#include "vision/frame_ring.h"
#include "vision/frame_source.h"

namespace backstamp::station {

enum class CameraKind {
  gige,    ///< GigE Vision (aravis)
  usb3,    ///< USB3 Vision (aravis); untried on hardware
  video,   ///< V4L2 device, RTSP address or video file (OpenCV); untried on hardware
  folder,  ///< a folder into which something else writes pictures
};

/// How a stream of lines is cut into pieces; absent: each frame is a picture of one piece.
struct StripConfig {
  bool light_background = false;  ///< the belt is lighter than mail; else darker
  int threshold = 60;             ///< between the grey of the belt and that of mail
  int narrowest_px = 64;          ///< less mail than this in a line is dirt
  int shortest_px = 200;          ///< fewer lines than this between two edges are dirt
  int longest_px = 4000;          ///< more is cut there and marked
  int gap_px = 8;                 ///< lines of belt that end a piece
  int margin_px = 16;             ///< lines kept before the leading and after the trailing edge
};

struct CameraConfig {
  std::string name;  ///< "front": unique in its lane; 1 to 32 of [A-Za-z0-9._-]
  CameraKind kind = CameraKind::gige;
  std::string address;  ///< gige, usb3: serial, "Vendor-Model-Serial" or IP; video: device or URL
  std::filesystem::path folder;  ///< folder
  /// GenICam features, set in this order at every start and read back: "TriggerMode": "On".
  std::vector<std::pair<std::string, std::string>> features;
  std::string model;  ///< the model that must answer; empty: any
  int width_px = 0;   ///< frames must have this size; 0: any up to a slot of the ring
  int height_px = 0;
  std::chrono::milliseconds silence{0};  ///< no frame for so long is a fault; 0: never
  bool packet_socket = false;  ///< aravis' packet socket: less load as root, nothing on loopback
  int packet_bytes = 0;        ///< GigE packet size; 0: as the camera says
  int buffers = 16;            ///< frames that may wait for the station
  std::int64_t offset_counts = 0;  ///< encoder counts from the trigger to this camera
  std::optional<StripConfig> strips;
};

/// One camera of a lane's list (docs/formats/station-config.md, "Cameras"). Faults are noted in the
/// section; what it returns then is harmless.
CameraConfig read_camera(yaml::Section section);

/// What happened to a camera since the station began. Counted, never reset.
struct CameraCounters {
  std::uint64_t frames = 0;     ///< good ones
  std::uint64_t damaged = 0;    ///< incomplete, aborted, of another size or format
  std::uint64_t lost = 0;       ///< gaps in the camera's own numbers, or in its count of triggers
  std::uint64_t underruns = 0;  ///< no buffer was free (the ring or the library's queue)
  std::uint64_t resent_packets = 0;
  std::uint64_t missing_packets = 0;
  std::uint64_t frozen = 0;        ///< pictures that are byte for byte the one before
  std::uint64_t control_lost = 0;  ///< the camera, or its control channel, went away
  std::uint64_t silences = 0;      ///< no frame for longer than configured
  std::uint64_t clock_jumps = 0;   ///< its clock went back or leapt
  std::uint64_t restarts = 0;      ///< opened anew, features set and verified
  std::uint64_t refused = 0;       ///< answered, and was not what is configured
  std::uint64_t down_ms = 0;       ///< in which no frame could come, but for the outage under way
  bool up = false;                 ///< frames can come now
};

/// A camera under supervision. next() as FrameSource has it: it closes and opens the camera anew
/// (waiting a little longer each time, 1 s at most) whenever control is lost, frames stay away,
/// packets are missing in storms or the camera is not what it should be; each of these is one
/// alarm, taken back when frames flow again. A damaged frame is a Capture without pixels, with
/// `fault`.
class Camera : public vision::FrameSource {
 public:
  virtual CameraCounters counters() const = 0;  ///< any thread
};

/// Never fails because the camera is away: that is an alarm. Fails (invalid) when the configuration
/// cannot work. `source` names it in alarms: "LANE-2/front". Frames lie in `ring`. next() returns
/// within a second of `stop`; the end waits a second for a camera that does not answer, and leaves
/// it to a thread of its own then.
Result<std::unique_ptr<Camera>> open_camera(const CameraConfig& config, std::string source,
                                            std::shared_ptr<vision::FrameRing> ring,
                                            AlarmSink alarms, std::stop_token stop);

/// A camera that answers on this machine's networks and buses: for `doctor` and set-up.
struct CameraSeen {
  std::string id;  ///< what CameraConfig::address takes
  std::string vendor;
  std::string model;
  std::string serial;
  std::string address;  ///< IP or bus
};
/// Asks on all networks and buses, for a second. Any thread.
std::vector<CameraSeen> find_cameras();

}  // namespace backstamp::station
