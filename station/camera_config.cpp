#include <algorithm>
#include <array>

#include "station/camera.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

constexpr int kSide_px = 32768;
constexpr std::size_t kMostFeatures = 256;

bool is_name(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

int integer(yaml::Section& section, std::string_view key, int fallback, int least, int most) {
  return static_cast<int>(section.integer_or(key, fallback, least, most));
}

StripConfig read_strips(yaml::Section section) {
  StripConfig strips;
  constexpr std::array<std::string_view, 2> kBelts{"dark", "light"};
  strips.light_background = section.choice_or("belt", 0, kBelts) == 1;
  strips.threshold = integer(section, "threshold", strips.threshold, 1, 254);
  strips.shortest_px = integer(section, "shortest_px", strips.shortest_px, 1, kSide_px);
  strips.longest_px = integer(section, "longest_px", strips.longest_px, 1, kSide_px);
  strips.narrowest_px = integer(section, "narrowest_px", strips.narrowest_px, 1, kSide_px);
  strips.gap_px = integer(section, "gap_px", strips.gap_px, 1, kSide_px);
  strips.margin_px = integer(section, "margin_px", strips.margin_px, 0, 1000);
  if (strips.longest_px <= strips.shortest_px) {
    section.refuse("longest_px", "more than shortest_px");
  }
  return strips;
}

void read_features(yaml::Section& section, CameraConfig& camera) {
  if (!section.has("features")) return;
  for (const std::string& text : section.texts("features", kMostFeatures)) {
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos || !is_name(std::string_view(text).substr(0, sign), 128)) {
      section.refuse("features", "\"Name=Value\" each, as \"TriggerMode=On\"");
      return;
    }
    camera.features.emplace_back(text.substr(0, sign), text.substr(sign + 1));
  }
}

void read_bus(yaml::Section& section, CameraConfig& camera) {
  if (camera.kind == CameraKind::folder) {
    camera.folder = section.path("folder");
    return;
  }
  camera.address = section.text("address", 512);
  if (camera.kind == CameraKind::video) return;
  read_features(section, camera);
  if (section.has("model")) camera.model = section.text("model", 64);
  camera.packet_socket = section.flag_or("packet_socket", camera.packet_socket);
  camera.packet_bytes = integer(section, "packet_bytes", 0, 0, 65'000);
  if (camera.packet_bytes != 0 && camera.packet_bytes < 576) {
    section.refuse("packet_bytes", "0 or 576 to 65000");
  }
  camera.buffers = integer(section, "buffers", camera.buffers, 2, 1024);
}

}  // namespace

CameraConfig read_camera(yaml::Section section) {
  CameraConfig camera;
  camera.name = section.text("name", 32);
  if (!camera.name.empty() && !is_name(camera.name, 32)) {
    section.refuse("name", "1 to 32 letters, digits, '.', '_' or '-'");
  }
  constexpr std::array<std::string_view, 4> kKinds{"gige", "usb3", "video", "folder"};
  camera.kind = static_cast<CameraKind>(section.choice("kind", kKinds));
  read_bus(section, camera);
  camera.width_px = integer(section, "width_px", 0, 0, kSide_px);
  camera.height_px = integer(section, "height_px", 0, 0, kSide_px);
  camera.silence =
      std::chrono::floor<std::chrono::milliseconds>(section.duration_or("silence", 0us, 0us, 24h));
  if (camera.silence > 0ms && camera.silence < 100ms) {
    section.refuse("silence", "0s (never) or at least 100ms");
  }
  constexpr std::int64_t kCounts = 1'000'000'000;
  camera.offset_counts = section.integer_or("offset_counts", 0, -kCounts, kCounts);
  if (auto strips = section.section_if("strips")) {
    camera.strips = read_strips(*strips);
    if (camera.width_px == 0) section.refuse("width_px", "the pixels of a line, as strips need it");
  }
  return camera;
}

}  // namespace backstamp::station
