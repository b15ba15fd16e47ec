#include "station/camera.h"

#include <algorithm>
#include <utility>

#include "station/capture/aravis_driver.h"
#include "station/capture/folder_driver.h"
#include "station/capture/strip_camera.h"
#include "station/capture/supervisor.h"
#include "station/capture/video_driver.h"

namespace backstamp::station {

namespace {

/// Strips of lines take memory only while they are cut: the ring is for pieces.
Result<void> check_strips(const CameraConfig& config, const vision::FrameRing& ring) {
  const auto bytes = static_cast<std::uint64_t>(capture::strip_lines(*config.strips)) *
                     static_cast<std::uint64_t>(std::max(config.width_px, 0));
  if (config.width_px <= 0) return fail(ErrorKind::invalid, "strips need the width of a line");
  if (bytes <= ring.slot_bytes()) return {};
  return fail(ErrorKind::invalid, "the longest piece takes " + std::to_string(bytes) +
                                      " bytes, and a slot of memory holds " +
                                      std::to_string(ring.slot_bytes()));
}

capture::OpenDriver opener_of(const CameraConfig& config,
                              const std::shared_ptr<vision::FrameRing>& ring,
                              capture::AcquireSlot acquire) {
  switch (config.kind) {
    case CameraKind::video:
      return capture::video_opener(config.address, std::move(acquire));
    case CameraKind::folder:
      return capture::folder_opener(config.folder);
    default:
      return capture::aravis_opener(config, ring);
  }
}

}  // namespace

Result<std::unique_ptr<Camera>> open_camera(const CameraConfig& config, std::string source,
                                            std::shared_ptr<vision::FrameRing> ring,
                                            AlarmSink alarms, std::stop_token stop) {
  if (ring == nullptr) return fail(ErrorKind::invalid, source + ": a camera needs memory");
  if (config.strips) {
    if (auto fits = check_strips(config, *ring); !fits) return fail(source, fits.error());
  }
  const capture::AcquireSlot acquire = [ring](int width_px, int height_px) {
    return ring->acquire(width_px, height_px);
  };
  auto camera = std::make_unique<capture::Supervisor>(config, std::move(source),
                                                      opener_of(config, ring, acquire),
                                                      std::move(alarms), std::move(stop));
  if (!config.strips) return camera;
  return std::make_unique<capture::StripCamera>(*config.strips, std::move(camera), acquire);
}

std::vector<CameraSeen> find_cameras() {
  return capture::aravis_cameras();
}

}  // namespace backstamp::station
