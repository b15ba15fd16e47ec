// Making an open camera ready.
#pragma once

#include "station/camera.h"
#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// Is it the model that is configured; do its features take and keep their values; are its frames
/// of the size that is configured, and readable? Then it is started. Fails: refused (what is not as
/// configured), or as the driver does.
Result<Geometry> set_up(Driver& driver, const CameraConfig& config);

/// "1760×880".
std::string size_text(int width_px, int height_px);

}  // namespace backstamp::station::capture
