#include "station/live_config.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "postal/event.h"
#include "station/evidence.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

EncoderConfig read_encoder(yaml::Section section) {
  EncoderConfig encoder;
  encoder.bits = static_cast<unsigned>(section.integer_or("bits", 32, 8, 32));
  encoder.counts_per_mm = section.number("counts_per_mm", 0.001, 10'000);
  encoder.tolerance_counts = section.integer("tolerance_counts", 1, 1'000'000'000);
  return encoder;
}

/// What must hold between times, or pieces would be decided before their pictures can be there.
void check_times(yaml::Section& section, const LaneConfig& lane) {
  auto latest = 0us;
  for (const auto delay : lane.delays) latest = std::max(latest, delay);
  if (latest + lane.window + lane.reserve >= lane.deadline) {
    section.refuse("deadline",
                   "more than the longest delay of a camera, the window and the reserve "
                   "together");
  }
}

LaneConfig read_lane(yaml::Section section) {
  constexpr std::array<std::string_view, 2> kTriggers{"machine", "camera"};
  LaneConfig lane;
  lane.name = section.text("name", 64);
  if (!lane.name.empty() && !postal::valid_station_name(lane.name)) {
    section.refuse("name", "a name of 1 to 64 letters, digits, '.', '_' or '-'");
  }
  lane.trigger = static_cast<TriggerKind>(
      section.choice_or("trigger", static_cast<std::size_t>(lane.trigger), kTriggers));
  if (auto encoder = section.section_if("encoder")) lane.encoder = read_encoder(*encoder);
  lane.window = section.duration_or("window", lane.window, 1ms, 5s);
  lane.deadline = section.duration_or("deadline", lane.deadline, 5ms, 60s);
  lane.reserve = section.duration_or("reserve", lane.reserve, 1ms, 5s);
  lane.closest = section.duration_or("closest", lane.closest, 0us, 5s);
  lane.silence =
      std::chrono::floor<milliseconds>(section.duration_or("trigger_silence", 0us, 0us, 24h));
  std::set<std::string> names;
  for (yaml::Section& camera : section.sections("cameras", kMostLaneCameras)) {
    lane.delays.push_back(camera.duration_or("delay", 0us, 0us, 10s));
    lane.cameras.push_back(read_camera(camera));
    if (!names.insert(lane.cameras.back().name).second) {
      camera.refuse("name", "a name that no other camera of the lane has");
    }
  }
  if (lane.cameras.empty()) section.refuse("cameras", "a list of 1 to 8 cameras");
  check_times(section, lane);
  return lane;
}

std::vector<unsigned> read_cpus(yaml::Section& section, std::string_view key) {
  if (!section.has(key)) return {};
  const auto cpus = parse_cpus(section.text(key, 256));
  if (!cpus) section.refuse(key, "numbers of processors, as \"0-1,3\"");
  return cpus.value_or(std::vector<unsigned>());
}

RealtimeConfig read_realtime(yaml::Section section) {
  RealtimeConfig realtime;
  realtime.line.cpus = read_cpus(section, "line_cpus");
  realtime.line.fifo_priority = static_cast<int>(section.integer_or("priority", 0, 0, 98));
  realtime.line.lock_memory = section.flag_or("lock_memory", false);
  realtime.readers.cpus = read_cpus(section, "reader_cpus");
  realtime.readers.nice = static_cast<int>(section.integer_or("reader_nice", 0, 0, 19));
  realtime.readers.lock_memory = realtime.line.lock_memory;
  realtime.huge_pages = section.flag_or("huge_pages", false);
  return realtime;
}

}  // namespace

LiveConfig read_live(yaml::Section& root) {
  LiveConfig live;
  std::set<std::string> names;
  for (yaml::Section& lane : root.sections("lanes", kMostLanes)) {
    live.lanes.push_back(read_lane(lane));
    if (!names.insert(live.lanes.back().name).second) {
      lane.refuse("name", "a name that no other lane has");
    }
  }
  if (live.lanes.empty()) root.refuse("lanes", "a list of 1 to 32 lanes");
  if (auto frames = root.section_if("frames")) {
    live.frame_bytes = static_cast<std::size_t>(frames->integer_or("megabytes", 8, 1, 100)) << 20;
    live.frames = static_cast<unsigned>(frames->integer_or("count", 0, 0, 1024));
  }
  if (auto realtime = root.section_if("realtime")) live.realtime = read_realtime(*realtime);
  if (auto sorter = root.section_if("sorter")) live.sorter = read_sorter(*sorter);
  if (auto sorting = root.section_if("sorting")) live.plans = read_sort_plans(*sorting);
  return live;
}

unsigned frames_needed(const LiveConfig& config) {
  if (config.frames > 0) return config.frames;
  std::size_t frames = Evidence::kQueueLimit;
  for (const LaneConfig& lane : config.lanes) {
    const auto under_way = static_cast<std::size_t>(lane.deadline / 40ms) + 2;
    for (const CameraConfig& camera : lane.cameras) {
      frames += under_way + static_cast<std::size_t>(std::max(0, camera.buffers));
    }
  }
  return static_cast<unsigned>(std::min<std::size_t>(frames, limits::kFrameSlots));
}

}  // namespace backstamp::station
