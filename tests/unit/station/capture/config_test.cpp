#include <catch2/catch_test_macros.hpp>

#include "station/camera.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

/// The camera, and all faults of the text.
std::pair<CameraConfig, std::string> read(const std::string& text) {
  auto document = yaml::Document::parse(text, "lane.yaml", "/etc/lane");
  REQUIRE(document.has_value());
  CameraConfig camera = read_camera(document->root());
  const auto finished = document->finish();
  return {camera, finished ? "" : finished.error().message};
}

TEST_CASE("a camera is read with everything it can be told") {
  const auto [camera, faults] = read(R"(name: front
kind: gige
address: Acme-A1-4711
model: A1
features:
  - TriggerMode=On
  - ChunkSelector=Timestamp
  - UserLabel=a=b
width_px: 2048
height_px: 64
silence: 30s
packet_socket: true
packet_bytes: 9000
buffers: 32
offset_counts: -120
strips:
  belt: light
  threshold: 150
  narrowest_px: 50
  shortest_px: 300
  longest_px: 3000
  gap_px: 12
  margin_px: 20
)");
  CHECK(faults.empty());
  CHECK(camera.name == "front");
  CHECK(camera.kind == CameraKind::gige);
  CHECK(camera.address == "Acme-A1-4711");
  CHECK(camera.model == "A1");
  CHECK(camera.features ==
        std::vector<std::pair<std::string, std::string>>{
            {"TriggerMode", "On"}, {"ChunkSelector", "Timestamp"}, {"UserLabel", "a=b"}});
  CHECK(camera.width_px == 2048);
  CHECK(camera.height_px == 64);
  CHECK(camera.silence == 30s);
  CHECK(camera.packet_socket);
  CHECK(camera.packet_bytes == 9000);
  CHECK(camera.buffers == 32);
  CHECK(camera.offset_counts == -120);
  REQUIRE(camera.strips.has_value());
  CHECK(camera.strips->light_background);
  CHECK(camera.strips->threshold == 150);
  CHECK(camera.strips->narrowest_px == 50);
  CHECK(camera.strips->shortest_px == 300);
  CHECK(camera.strips->longest_px == 3000);
  CHECK(camera.strips->gap_px == 12);
  CHECK(camera.strips->margin_px == 20);
}

TEST_CASE("a folder is a camera; its path is taken from the file's folder") {
  const auto [camera, faults] = read("name: in\nkind: folder\nfolder: inbox\n");
  CHECK(faults.empty());
  CHECK(camera.folder == "/etc/lane/inbox");
}

TEST_CASE("every fault of a camera is named at once, with its line") {
  const auto [camera, faults] = read(R"(name: "front door"
kind: gige
address: A
features: [TriggerMode]
packet_bytes: 100
silence: 10ms
strips:
  shortest_px: 500
  longest_px: 400
colour: red
)");
  INFO(faults);
  for (const char* wanted :
       {"lane.yaml:1: name", "lane.yaml:4: features", "lane.yaml:5: packet_bytes",
        "lane.yaml:6: silence", "strips.longest_px", "width_px", "lane.yaml:10: colour"}) {
    INFO(wanted);
    CHECK(faults.find(wanted) != std::string::npos);
  }
  CHECK_FALSE(read("name: a\nkind: folder\nfolder: x\naddress: y\n").second.empty());
  CHECK_FALSE(read("name: a\nkind: telepathy\n").second.empty());
}

TEST_CASE("a configuration that cannot work is refused when the camera is opened") {
  auto ring = vision::FrameRing::create({.slot_bytes = 1u << 20, .slots = 2});
  REQUIRE(ring.has_value());
  CameraConfig config;
  config.name = "front";
  config.address = "127.0.0.1";
  config.strips.emplace();
  const auto opened = [&] {
    return open_camera(config, "LANE-1/front", *ring, nullptr, std::stop_token());
  };
  CHECK(opened().error().kind == ErrorKind::invalid);  // no width
  config.width_px = 2048;
  const auto too_long = opened();
  REQUIRE_FALSE(too_long.has_value());
  CHECK(too_long.error().kind == ErrorKind::invalid);
  CHECK(too_long.error().message.find("LANE-1/front") == 0);
  CHECK_FALSE(open_camera(config, "LANE-1/front", nullptr, nullptr, std::stop_token()).has_value());
}

}  // namespace
}  // namespace backstamp::station
