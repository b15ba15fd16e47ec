#include "programs/simulate/founding.h"

#include <algorithm>

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;

/// A picture belongs to the trigger that it is this near to.
constexpr double kTolerance_mm = 25;
/// A picture is given up so long after its time: the threads that stand for cameras share the
/// processors with the station, and are now and then later than a camera would be.
constexpr Micros kWindow = 60ms;
constexpr Micros kLeastWindow = 5ms;

station::CameraConfig camera_config(std::size_t camera) {
  constexpr const char* kNames[] = {"front", "back", "top"};
  station::CameraConfig config;
  config.name = kNames[std::min(camera, std::size(kNames) - 1)];
  config.kind = station::CameraKind::gige;
  config.offset_counts = static_cast<std::int64_t>(camera_mm(camera) * kCountsPerMm);
  return config;
}

station::LaneConfig lane_config(const Options& options, const LanePlan& plan) {
  station::LaneConfig lane;
  lane.name = plan.name;
  lane.trigger = station::TriggerKind::machine;
  lane.encoder.bits = kEncoderBits;
  lane.encoder.counts_per_mm = kCountsPerMm;
  lane.encoder.tolerance_counts = static_cast<std::int64_t>(kTolerance_mm * kCountsPerMm);
  lane.deadline = std::chrono::milliseconds(options.deadline_ms);
  const double mm_per_s = belt_speed_mm_per_s(options.rate);
  auto latest = 0us;
  for (std::size_t camera = 0; camera < options.cameras_per_lane; ++camera) {
    lane.cameras.push_back(camera_config(camera));
    const double travel_us = camera_mm(camera) / mm_per_s * 1e6;
    lane.delays.push_back(Micros(static_cast<std::int64_t>(travel_us)) + kTransfer);
    latest = std::max(latest, lane.delays.back());
  }
  // Places tell whose a picture is; its time, only when it is given up.
  lane.window = options.window_ms > 0 ? std::chrono::milliseconds(options.window_ms)
                                      : std::clamp((lane.deadline - lane.reserve - latest) / 2,
                                                   kLeastWindow, kWindow);
  return lane;
}

std::size_t slot_bytes(const Mail& mail) {
  return static_cast<std::size_t>(mail.widest_px()) * static_cast<std::size_t>(mail.highest_px());
}

}  // namespace

station::StationConfig found_station(const Options& options, const LinePlan& plan, const Mail& mail,
                                     const std::filesystem::path& folder) {
  station::StationConfig config;
  config.station = kStation;
  config.role = postal::StationRole::pass;
  config.place = "SIMULATION";
  config.workers = options.workers;
  config.deadline = std::chrono::milliseconds(options.deadline_ms);
  config.keys.bundle = mail.keys / "keys.bundle";
  config.keys.root = mail.keys / "root.pub";
  config.keys.clock.unconfirmed.reset();  // there is no data center to confirm it
  config.keys.stale_after = 3650 * 24h;
  config.duplicates.same_machine = 0ms;
  if (mail.recorded) config.policy.mailed_at_most_ago = std::chrono::days(3650);
  config.journal.directory = folder / "journal";
  station::LiveConfig live;
  live.sorter.telegram.emplace();
  live.sorter.telegram->port = 0;
  for (const LanePlan& lane : plan.lanes) live.lanes.push_back(lane_config(options, lane));
  if (options.effort > 0) live.effort = options.effort;
  live.frame_bytes = slot_bytes(mail);
  config.live = std::move(live);
  return config;
}

vision::ReadOptions read_options(const station::StationConfig& config) {
  vision::ReadOptions options;
  options.formats = config.formats;
  options.repair = config.repair;
  options.effort = config.live->effort;
  return options;
}

}  // namespace backstamp::simulate
