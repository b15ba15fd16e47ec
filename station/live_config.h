// The part of a station's configuration that a live line has and a replay has not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/realtime.h"
#include "base/yaml.h"
#include "station/camera.h"
#include "station/line.h"

namespace backstamp::station {

/// One lane with its cameras.
struct LaneConfig {
  std::string name;  ///< a name as a station's; unique
  TriggerKind trigger = TriggerKind::camera;
  EncoderConfig encoder;
  std::vector<CameraConfig> cameras;              ///< 1 to kMostLaneCameras
  std::vector<std::chrono::microseconds> delays;  ///< by camera: from the trigger to its picture
  std::chrono::microseconds window{30'000};
  std::chrono::microseconds deadline{250'000};
  std::chrono::microseconds reserve{20'000};
  std::chrono::microseconds closest{10'000};
  std::chrono::milliseconds silence{0};
};
inline constexpr std::size_t kMostLanes = 32;
inline constexpr std::size_t kMostLaneCameras = 8;

/// What is asked of the machine; what it allowed is reported.
struct RealtimeConfig {
  RealtimeProfile line;     ///< of the station's own threads
  RealtimeProfile readers;  ///< of the decode workers
  bool huge_pages = false;  ///< for frames
};

struct LiveConfig {
  std::vector<LaneConfig> lanes;
  std::uint32_t effort = 20'000;  ///< work for one face; by default what 20 ms allow
  std::uint32_t least_effort = 2'000;
  std::size_t frame_bytes = 8u << 20;  ///< the largest frame that memory is kept for
  unsigned frames = 0;                 ///< frames in memory at a time; 0: from lanes and deadlines
  RealtimeConfig realtime;
  SorterConfig sorter;
  SortPlans plans;
};

/// The list `lanes` and the sections `frames`, `realtime`, `sorter` and `sorting` of the root.
/// Faults are noted there.
LiveConfig read_live(yaml::Section& root);

/// How many frames may be in memory at a time: those that lie in cameras' buffers, those of pieces
/// under way at the closest that they can follow each other on average (40 ms), and those that wait
/// to be written as evidence.
unsigned frames_needed(const LiveConfig& config);

}  // namespace backstamp::station
