#include "station/camera.h"

#include <utility>

#include "station/capture/aravis_driver.h"
#include "station/capture/supervisor.h"

namespace backstamp::station {

Result<std::unique_ptr<Camera>> open_camera(const CameraConfig& config, std::string source,
                                            std::shared_ptr<vision::FrameRing> ring,
                                            AlarmSink alarms, std::stop_token stop) {
  if (ring == nullptr) return fail(ErrorKind::invalid, source + ": a camera needs memory");
  switch (config.kind) {
    case CameraKind::gige:
    case CameraKind::usb3:
      return std::make_unique<capture::Supervisor>(config, std::move(source),
                                                   capture::aravis_opener(config, std::move(ring)),
                                                   std::move(alarms), std::move(stop));
    default:
      return fail(ErrorKind::invalid, source + ": a kind of camera that is not built in");
  }
}

std::vector<CameraSeen> find_cameras() {
  return capture::aravis_cameras();
}

}  // namespace backstamp::station
