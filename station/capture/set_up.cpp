#include "station/capture/set_up.h"

#include "station/capture/features.h"

namespace backstamp::station::capture {

std::string size_text(int width_px, int height_px) {
  return std::to_string(width_px) + "×" + std::to_string(height_px);
}

Result<Geometry> set_up(Driver& driver, const CameraConfig& config) {
  const std::string& model = driver.identity().model;
  if (!config.model.empty() && model != config.model) {
    return fail(ErrorKind::refused,
                "the camera is a \"" + model + "\", not a \"" + config.model + "\"");
  }
  if (auto set = apply_features(driver, config.features); !set) {
    return std::unexpected(set.error());
  }
  auto geometry = driver.geometry();
  if (!geometry) return geometry;
  if (!geometry->readable) return fail(ErrorKind::refused, geometry->complaint);
  // Some sources do not know before their first frame.
  if (geometry->width_px == 0) geometry->width_px = config.width_px;
  if (geometry->height_px == 0) geometry->height_px = config.height_px;
  const bool width = config.width_px == 0 || config.width_px == geometry->width_px;
  const bool height = config.height_px == 0 || config.height_px == geometry->height_px;
  if (!width || !height) {
    return fail(ErrorKind::refused, "its frames are " +
                                        size_text(geometry->width_px, geometry->height_px) +
                                        ", not " + size_text(config.width_px, config.height_px));
  }
  if (auto started = driver.start(); !started) return std::unexpected(started.error());
  return geometry;
}

}  // namespace backstamp::station::capture
