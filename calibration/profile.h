// The station profile: what a camera at a station delivers, as it was measured.
// A small YAML file, docs/formats/station-profile.md.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace backstamp::calibration {

struct Profile {
  std::string camera;  ///< maker, model and serial number, as the camera names itself
  int width_px = 0;    ///< of a full frame; a face cut out of it is never larger
  int height_px = 0;
  std::string pixel_format = "Mono8";  ///< GenICam name; Mono8 is what vision reads
  double px_per_mm_x = 0;              ///< along the belt
  double px_per_mm_y = 0;              ///< across the belt
  Date measured{};
  std::string tool;  ///< program and version that wrote it
};

/// Strict. Fails with every fault named by file, line and key.
Result<Profile> load_profile(const std::filesystem::path& path);

/// The profile as YAML text that load_profile reads back to the same values.
std::string profile_to_yaml(const Profile& profile);

}  // namespace backstamp::calibration
