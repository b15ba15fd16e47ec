// GigE Vision and USB3 Vision cameras by aravis, which the files aravis_* alone know.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "station/camera.h"
#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// Finds and opens the camera of `config` (kind gige or usb3) when called; frames lie in `ring`:
/// Mono8 where the network wrote it, other formats turned grey into a slot.
OpenDriver aravis_opener(CameraConfig config, std::shared_ptr<vision::FrameRing> ring);

/// Opens the camera at `where`: an IP address, or an id as aravis makes them.
Result<std::unique_ptr<Driver>> open_aravis(const CameraConfig& config, const std::string& where,
                                            std::shared_ptr<vision::FrameRing> ring);

/// What answers now on all networks and buses. Takes a second.
std::vector<CameraSeen> aravis_cameras();

}  // namespace backstamp::station::capture
