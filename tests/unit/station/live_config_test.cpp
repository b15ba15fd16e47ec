#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "station/config.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;
using namespace std::chrono_literals;

const std::string kRest =
    "keys:\n  bundle: keys.bundle\n  root: root.pub\n"
    "journal:\n  directory: journal\n";

const std::string kLive =
    "station: LEEDS-7\n"
    "lanes:\n"
    "  - name: LANE-1\n"
    "    trigger: machine\n"
    "    deadline: 200ms\n"
    "    window: 40ms\n"
    "    encoder: {counts_per_mm: 10, tolerance_counts: 300, bits: 24}\n"
    "    cameras:\n"
    "      - {name: front, kind: gige, address: \"192.168.7.11\", offset_counts: 1200}\n"
    "      - {name: back, kind: folder, folder: back, delay: 30ms}\n"
    "  - name: LANE-2\n"
    "    cameras:\n"
    "      - {name: top, kind: usb3, address: A-1}\n"
    "read: {effort: 9000, least_effort: 500}\n"
    "frames: {megabytes: 4}\n"
    "realtime: {line_cpus: \"0\", reader_cpus: \"1-3\", priority: 20}\n"
    "monitoring: {port: 9100}\n"
    "log: {form: rfc5424, level: debug}\n";

Result<station::StationConfig> load(const std::string& text) {
  test::TemporaryFolder folder;
  const std::string path = folder / "station.yaml";
  REQUIRE(write_file_durably(path, as_bytes(text)));
  return station::load_config(path);
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a station with lanes is live") {
  const auto config = load(kLive + kRest);
  INFO((config ? "" : config.error().message));
  REQUIRE(config);
  REQUIRE(config->live);
  const station::LiveConfig& live = *config->live;
  REQUIRE(live.lanes.size() == 2);
  const station::LaneConfig& lane = live.lanes[0];
  CHECK(lane.name == "LANE-1");
  CHECK(lane.trigger == station::TriggerKind::machine);
  CHECK(lane.deadline == 200ms);
  CHECK(lane.window == 40ms);
  CHECK(lane.encoder.bits == 24);
  CHECK(lane.encoder.tolerance_counts == 300);
  REQUIRE(lane.cameras.size() == 2);
  CHECK(lane.cameras[0].offset_counts == 1200);
  CHECK(lane.cameras[1].kind == station::CameraKind::folder);
  CHECK(lane.delays == std::vector<std::chrono::microseconds>{0us, 30ms});
  CHECK(live.lanes[1].trigger == station::TriggerKind::camera);
  CHECK(live.effort == 9000);
  CHECK(live.least_effort == 500);
  CHECK(live.frame_bytes == 4u << 20);
  CHECK(live.realtime.line.cpus == std::vector<unsigned>{0});
  CHECK(live.realtime.readers.cpus == std::vector<unsigned>{1, 2, 3});
  CHECK(live.realtime.line.fifo_priority == 20);
  CHECK(config->monitoring->port == 9100);
  CHECK(config->log.form == LogForm::rfc5424);
  CHECK(station::frames_needed(live) > 32);
}

TEST_CASE("each fault of a lane is named with its line") {
  struct Fault {
    const char* from;
    const char* to;
    const char* said;
  };
  const Fault faults[] = {
      {"name: LANE-2", "name: LANE-1", "station.yaml:11: lanes"},
      {"name: back", "name: front", "cameras"},
      {"deadline: 200ms", "deadline: 60ms", "deadline"},
      {"trigger: machine", "trigger: plc", "trigger"},
      {"bits: 24", "bits: 99", "bits"},
      {"least_effort: 500", "least_effort: 9001", "read.least_effort"},
      {"effort: 9000", "deadline: 1s", "read.deadline"},
      {"line_cpus: \"0\"", "line_cpus: \"a\"", "realtime.line_cpus"},
      {"kind: usb3", "kind: usb4", "kind"},
      {"station: LEEDS-7", "station: LEEDS-7\nsource: {path: faces}", "source"},
  };
  for (const Fault& fault : faults) {
    const auto config = load(with(kLive + kRest, fault.from, fault.to));
    INFO(fault.to);
    REQUIRE_FALSE(config);
    INFO(config.error().message);
    CHECK(config.error().message.find(fault.said) != std::string::npos);
  }
  CHECK_FALSE(load("station: A\nlanes: []\n" + kRest));
}
