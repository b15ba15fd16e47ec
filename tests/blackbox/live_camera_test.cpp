// A live station and a GigE Vision camera that dies again and again: the station stays, and every
// picture that came is a piece with its event.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>

#include "station/telegram_client.h"
#include "tests/support/post_office.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRate = "5";

/// An address of 127/8 that no other test of this machine has.
std::string camera_address() {
  const int pid = ::getpid();
  return "127." + std::to_string(64 + pid / 250 % 128) + "." + std::to_string(pid % 250 + 1) +
         ".77";
}

ChildProcess start_camera(const TemporaryFolder& folder, const std::string& address, int run) {
  const std::string out = folder / ("camera-" + std::to_string(run));
  ChildProcess camera =
      start("backstamp-fake-camera",
            {"--address", address, "--rate", kRate, "--width", "1200", "--height", "600"}, out,
            folder / "camera.err");
  REQUIRE(wait_until([&] { return read_text(out).find("answers") != std::string::npos; }, 20s));
  return camera;
}

}  // namespace

TEST_CASE("a camera that is killed and started anew is taken up again without a restart") {
  const TemporaryFolder folder;
  const std::string address = camera_address();
  const std::uint16_t telegram = free_port();
  succeed("backstamp-keys", {"ceremony", folder / "keys", "--issuer", "1"});
  write_text(folder / "station.yaml",
             "station: LEEDS-7\nlanes:\n  - name: LANE-1\n    deadline: 5s\n    cameras:\n"
             "      - {name: front, kind: gige, address: \"" +
                 address +
                 "\", silence: 1s}\n"
                 "frames: {megabytes: 1, count: 32}\n"
                 "read: {formats: DataMatrix, effort: 3000}\n"
                 "sorter: {telegram: {port: " +
                 std::to_string(telegram) +
                 "}}\nlog: {form: plain}\nkeys: {bundle: keys/keys.bundle, root: keys/root.pub}\n"
                 "journal: {directory: journal}\n");
  ChildProcess station = start("backstamp-station", {"--config", folder / "station.yaml", "--json"},
                               folder / "station.out", folder / "station.err");
  station::TelegramClient client({"127.0.0.1", telegram, 200ms, 5000ms});
  REQUIRE(wait_until([&] { return client.connected(); }, 60s));

  const auto said = [&] { return read_text(folder / "station.err"); };
  std::uint64_t decisions = 0;
  const int kills = long_run() ? 10 : 2;
  for (int run = 0; run <= kills; ++run) {
    ChildProcess camera = start_camera(folder, address, run);
    // Frames flow again within three seconds of its answering; a busy machine may take longer.
    for (int frame = 0; frame < 4; ++frame) {
      const auto decision = client.next(frame == 0 ? 10s : 5s);
      INFO(said());
      REQUIRE(decision);
      CHECK_FALSE(decision->decision.late);
      ++decisions;
    }
    camera.signal(SIGKILL);
    REQUIRE(camera.wait_for(5s));
    while (client.next(1500ms)) ++decisions;  // what was under way
  }
  station.signal(SIGTERM);
  REQUIRE(exit_of(station, 60s) == 0);
  while (client.next(200ms)) ++decisions;
  const Json report = json_lines(read_text(folder / "station.out")).at(0);
  INFO(report.dump() << "\n" << said());
  CHECK(report["events"] == report["triggers"]);
  CHECK(report["events"] == report["committed"]);
  CHECK(report["events"] == decisions);
  CHECK(client.counters().missed == 0);
  // Each time it went and came was told.
  std::size_t alarms = 0;
  const std::string log = said();
  for (std::size_t at = 0; (at = log.find("camera-", at)) != std::string::npos; ++at) ++alarms;
  CHECK(alarms >= 2u * static_cast<unsigned>(kills));
}

}  // namespace backstamp::test
