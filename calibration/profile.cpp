#include "calibration/profile.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/yaml.h"

namespace backstamp::calibration {
namespace {

constexpr std::array<std::string_view, 1> kPixelFormats = {"Mono8"};
constexpr std::int64_t kFormatVersion = 1;

/// A YAML double-quoted scalar; JSON's quoting is a subset of it (YAML 1.2 section 1.3).
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string decimal(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace

Result<Profile> load_profile(const std::filesystem::path& path) {
  auto document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  yaml::Section root = document->root();
  Profile profile;
  (void)root.integer("profile_version", kFormatVersion, kFormatVersion);
  profile.camera = root.text("camera", 256);
  yaml::Section image = root.section("image");
  profile.width_px = static_cast<int>(image.integer("width_px", 16, 32768));
  profile.height_px = static_cast<int>(image.integer("height_px", 16, 32768));
  profile.pixel_format = kPixelFormats[image.choice("pixel_format", kPixelFormats)];
  yaml::Section scale = root.section("px_per_mm");
  profile.px_per_mm_x = scale.number("x", 1.0, 100.0);
  profile.px_per_mm_y = scale.number("y", 1.0, 100.0);
  const std::string measured = root.text("measured", 10);
  if (const auto date = parse_date(measured)) {
    profile.measured = *date;
  } else if (!measured.empty()) {
    root.refuse("measured", "a date like 2026-11-22");
  }
  profile.tool = root.text("tool", 256);
  if (auto finished = document->finish(); !finished) return std::unexpected(finished.error());
  return profile;
}

std::string profile_to_yaml(const Profile& profile) {
  return "# Station profile: what this camera delivers. Check it with\n"
         "#   backstamp calibrate check PROFILE DATASET\n"
         "profile_version: 1\n"
         "camera: " +
         quoted(profile.camera) +
         "\n"
         "image:\n"
         "  width_px: " +
         std::to_string(profile.width_px) +
         "\n"
         "  height_px: " +
         std::to_string(profile.height_px) +
         "\n"
         "  pixel_format: " +
         profile.pixel_format +
         "\n"
         "px_per_mm:\n"
         "  x: " +
         decimal(profile.px_per_mm_x) +
         "   # along the belt\n"
         "  y: " +
         decimal(profile.px_per_mm_y) +
         "   # across the belt\n"
         "measured: " +
         quoted(format_date(profile.measured)) +
         "\n"
         "tool: " +
         quoted(profile.tool) + "\n";
}

}  // namespace backstamp::calibration
