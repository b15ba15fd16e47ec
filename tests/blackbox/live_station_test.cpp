// A live station as its operators meet it: the program, its file, its signals; cameras are folders
// into which something else writes pictures, the sorting machine is the reference client.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "station/telegram_client.h"
#include "tests/support/post_office.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::uint32_t kMeter = 101;
constexpr unsigned kPieces = 24;

/// A station of two lanes: one that its camera triggers, one that the machine does.
struct LiveHall {
  LiveHall() : office(folder, "1h"), telegram(free_port()), monitoring(free_port()) {
    office.add_meter(kMeter);
    const auto minted = office.mint(kMeter, kPieces);
    office.publish_keys({kMeter});
    std::vector<Face> faces;
    for (const Minted& piece : minted) faces.push_back({piece.token_hex, piece.code, false});
    names = draw_faces(folder / "faces", faces);
    office.add_station("LEEDS-7");
    datacenter = office.start_datacenter();
    REQUIRE(wait_until([&] { return office.datacenter_ready(); }, 60s));
    for (const char* camera : {"own", "machine"}) fs::create_directories(folder / camera);
    write_config("");
  }

  void write_config(const std::string& policy) const {
    write_text(config(),
               "station: LEEDS-7\n"
               "lanes:\n"
               "  - name: OWN\n"
               "    trigger: camera\n"
               "    deadline: 20s\n"
               "    cameras:\n"
               "      - {name: front, kind: folder, folder: own}\n"
               "  - name: MACHINE\n"
               "    trigger: machine\n"
               "    deadline: 20s\n"
               "    window: 4s\n"
               "    cameras:\n"
               "      - {name: front, kind: folder, folder: machine}\n"
               "sorter:\n  telegram: {port: " +
                   std::to_string(telegram) +
                   "}\n"
                   "monitoring: {port: " +
                   std::to_string(monitoring) +
                   "}\n"
                   "log: {form: plain}\n"
                   "frames: {megabytes: 4, count: 32}\n"
                   "read:\n  formats: DataMatrix\n  effort: 1000000\n" +
                   policy + "keys:\n  bundle: " + office.path("keys/keys.bundle") +
                   "\n  root: " + office.path("keys/root.pub") +
                   "\njournal:\n  directory: journal\n"
                   "uplink:\n  endpoint: " +
                   office.uplink_endpoint() + "\n  station_key: " + office.path("LEEDS-7.secret") +
                   "\n  server_key: " + office.server_public_key() + "\n  drain: 60s\n");
  }

  void start_station() {
    station = start("backstamp-station", {"--config", config(), "--json"}, folder / "station.out",
                    folder / "station.err");
    client.emplace(station::TelegramClientOptions{"127.0.0.1", telegram, 200ms, 2000ms});
    const bool connected = wait_until([&] { return client->connected(); }, 60s);
    INFO(said());
    REQUIRE(connected);
  }

  /// Writes a picture as a camera's program would: beside, and then into its place.
  void show(const std::string& camera, std::size_t face) const {
    const fs::path part = folder / (camera + ".part");
    fs::copy_file(fs::path(folder / "faces") / names.at(face), part,
                  fs::copy_options::overwrite_existing);
    fs::rename(part, fs::path(folder / camera) / names.at(face));
  }

  std::string config() const { return folder / "station.yaml"; }
  std::string said() const { return read_text(folder / "station.err"); }
  bool says(const std::string& what) const { return said().find(what) != std::string::npos; }

  TemporaryFolder folder;
  PostOffice office;
  std::uint16_t telegram;
  std::uint16_t monitoring;
  std::vector<std::string> names;
  ChildProcess datacenter;
  ChildProcess station;
  std::optional<station::TelegramClient> client;
};

std::optional<station::TelegramDecision> decision(LiveHall& hall) {
  return hall.client->next(20s);
}

}  // namespace

TEST_CASE("a live station reads what its cameras see, tells the machine, and ends in order") {
  LiveHall hall;
  hall.start_station();

  // What the camera triggers.
  for (std::size_t face = 0; face < 8; ++face) {
    hall.show("own", face);
    const auto told = decision(hall);
    REQUIRE(told);
    CHECK(told->decision.lane == 0);
    CHECK(told->decision.decision == postal::Decision::accept);
    CHECK_FALSE(told->decision.late);
  }
  // What the machine triggers: its own number comes back.
  REQUIRE(hall.client->machine(1, station::MachineState::running));
  for (std::size_t face = 8; face < 16; ++face) {
    station::Trigger trigger;
    trigger.lane = 1;
    trigger.machine_piece = 7000 + face;
    REQUIRE(hall.client->trigger(trigger));
    hall.show("machine", face);
    const auto told = decision(hall);
    REQUIRE(told);
    CHECK(told->decision.lane == 1);
    CHECK(told->decision.machine_piece == 7000 + face);
    CHECK(told->decision.decision == postal::Decision::accept);
  }
  // A copy of a piece that went by is told from it.
  hall.show("machine", 0);
  const auto copy = decision(hall);
  REQUIRE(copy);
  CHECK(copy->decision.reason == postal::Reason::duplicate);

  hall.station.signal(SIGTERM);
  REQUIRE(exit_of(hall.station, 60s) == 0);
  const Json report = json_lines(read_text(hall.folder / "station.out")).at(0);
  CHECK(report["events"] == 17);
  CHECK(report["triggers"] == 16);
  CHECK(report["untriggered"] == 1);
  CHECK(report["late"] == 0);
  CHECK(report["committed"] == 17);
  CHECK(report["acknowledged"] == 17);
  CHECK(hall.office.totals()["events"] == 17);
}

TEST_CASE("a configuration that was edited to nonsense is refused while the line goes on") {
  LiveHall hall;
  hall.start_station();
  hall.show("own", 0);
  REQUIRE(decision(hall)->decision.decision == postal::Decision::accept);

  const std::string good = read_text(hall.config());
  write_text(hall.config(), good + "nonsense: [\n");
  hall.station.signal(SIGHUP);
  REQUIRE(wait_until([&] { return hall.says("is not taken"); }, 20s));
  write_text(hall.config(), good + "policy:\n  minimum_postage: much\n");
  hall.station.signal(SIGHUP);
  REQUIRE(wait_until([&] { return hall.says("policy.minimum_postage"); }, 20s));
  hall.show("own", 1);
  CHECK(decision(hall)->decision.decision == postal::Decision::accept);

  // What can be taken over is in force for the next piece.
  hall.write_config("policy:\n  minimum_postage: \"100.000\"\n");
  hall.station.signal(SIGHUP);
  REQUIRE(wait_until([&] { return hall.says("is in force"); }, 20s));
  hall.show("own", 2);
  const auto told = decision(hall);
  REQUIRE(told);
  CHECK(told->decision.reason == postal::Reason::short_paid);

  hall.station.signal(SIGTERM);
  REQUIRE(exit_of(hall.station, 60s) == 0);
}

TEST_CASE("a station killed while pieces pass gives no number twice and loses no committed event") {
  LiveHall hall;
  hall.start_station();
  std::set<std::uint64_t> pieces;
  for (std::size_t face = 0; face < 4; ++face) {
    hall.show("own", face);
    pieces.insert(decision(hall)->decision.piece);
  }
  REQUIRE(wait_until([&] { return hall.office.totals()["events"] >= 1; }, 60s));
  hall.client.reset();
  hall.station.signal(SIGKILL);
  (void)exit_of(hall.station, 20s);
  hall.start_station();
  for (std::size_t face = 4; face < 8; ++face) {
    hall.show("own", face);
    const auto told = decision(hall);
    REQUIRE(told);
    pieces.insert(told->decision.piece);
  }
  CHECK(pieces.size() == 8);  // no number was given twice, committed or not
  hall.station.signal(SIGTERM);
  REQUIRE(exit_of(hall.station, 60s) == 0);
  CHECK(hall.office.totals()["events"] >= 5);
}

}  // namespace backstamp::test
