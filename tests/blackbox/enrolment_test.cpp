// A station's life as an operator leads it, by commands alone: enrolled, brought new keys while it
// runs, re-keyed, replaced by another machine, removed.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/support/post_office.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kStation = "LANE-1";
constexpr std::uint32_t kMeter = 101;

/// A data center that runs, a meter whose key is listed, and faces of its mail.
struct Hall {
  explicit Hall(unsigned pieces) : office(folder, "1h") {
    office.add_meter(kMeter);
    const auto minted = office.mint(kMeter, pieces);
    office.publish_keys({kMeter});
    std::vector<Face> faces;
    for (const Minted& piece : minted) faces.push_back({piece.token_hex, piece.code, false});
    draw_faces(folder / "faces", faces);
    datacenter = office.start_datacenter();
    REQUIRE(wait_until([&] { return office.datacenter_ready(); }, 60s));
  }

  /// The configuration of one machine that is this station; what it needs lies in its folder.
  std::string machine(const std::string& name, unsigned pieces_per_hour) const {
    std::filesystem::create_directories(folder / name);
    const std::string file = folder / name / "station.yaml";
    write_text(file, std::string("station: ") + kStation +
                         "\nsource:\n  path: ../faces\n  pieces_per_hour: " +
                         std::to_string(pieces_per_hour) +
                         "\nread:\n  deadline: 60s\n  formats: DataMatrix\n"
                         "keys:\n  bundle: keys.bundle\n  root: root.pub\n"
                         "journal:\n  directory: journal\n"
                         "uplink:\n  endpoint: " +
                         office.uplink_endpoint() +
                         "\n  station_key: lane.secret\n  server_key: server.public\n"
                         "  drain: 60s\n");
    return file;
  }

  Ran let_in(const std::string& machine, const std::string& key, bool replace) const {
    std::vector<std::string> line = {"enrol-station",
                                     "--config",
                                     office.config(),
                                     "--name",
                                     kStation,
                                     "--public-key",
                                     folder / machine / key,
                                     "--out",
                                     folder / machine / "letter",
                                     "--json"};
    if (replace) line.push_back("--replace");
    return run("backstamp-datacenter", line);
  }
  Ran install(const std::string& config, const std::string& machine,
              const std::vector<std::string>& more = {}) const {
    std::vector<std::string> line = {
        "enrol", "--config", config, "--letter", folder / machine / "letter", "--json"};
    line.insert(line.end(), more.begin(), more.end());
    return run("backstamp-station", line);
  }
  void reread_stations() {
    datacenter.signal(SIGHUP);
    REQUIRE(wait_until(
        [&] {
          const std::string said = read_text(office.path("dc.err"));
          std::size_t times = 0;
          for (std::size_t at = 0; (at = said.find("was read again", at)) != said.npos; ++at) {
            ++times;
          }
          return times > rereadings;
        },
        60s));
    ++rereadings;
  }
  std::string root() const {
    return json_lines(
               succeed("backstamp-keys", {"inspect", office.path("keys/root.pub"), "--json"}))
        .at(0)
        .at("key");
  }

  TemporaryFolder folder;
  PostOffice office;
  ChildProcess datacenter;
  std::size_t rereadings = 0;
};

/// Enrols a machine from nothing and runs it to the end of its source.
Json enrol_and_run(Hall& hall, const std::string& name, bool replace) {
  const std::string config = hall.machine(name, 0);
  succeed("backstamp-station", {"new-key", "--config", config});
  const Ran let_in = hall.let_in(name, "lane.public", replace);
  INFO(let_in.err);
  REQUIRE(let_in.exit == 0);
  const Ran installed = hall.install(config, name, {"--root", hall.root()});
  INFO(installed.err);
  REQUIRE(installed.exit == 0);
  hall.reread_stations();
  return json_lines(succeed("backstamp-station", {"--config", config, "--json"})).at(0);
}

TEST_CASE("a station is enrolled, re-keyed, replaced and removed by command") {
  Hall hall(5);
  const Json first = enrol_and_run(hall, "old", false);
  CHECK(first.at("verdicts").at("genuine") == 5);
  CHECK(first.at("acknowledged") == first.at("committed"));
  CHECK(first.at("clock") == "trusted");
  CHECK(first.at("keys").at("stale") == false);

  // Another key for the same machine: until its letter comes, it goes on with the old one.
  const std::string config = hall.folder / "old" / "station.yaml";
  const std::string secret = read_text(hall.folder / "old" / "lane.secret");
  succeed("backstamp-station", {"new-key", "--config", config});
  CHECK(run("backstamp-station", {"new-key", "--config", config}).exit == 1);  // one waits
  CHECK(hall.let_in("old", "lane.next.public", false).exit == 1);  // only where it is meant
  CHECK(read_text(hall.folder / "old" / "lane.secret") == secret);
  REQUIRE(hall.let_in("old", "lane.next.public", true).exit == 0);
  const Ran rekeyed = hall.install(config, "old");
  INFO(rekeyed.err);
  REQUIRE(rekeyed.exit == 0);
  CHECK(json_lines(rekeyed.out).at(0).at("new_key") == true);
  CHECK(read_text(hall.folder / "old" / "lane.secret") != secret);
  CHECK_FALSE(std::filesystem::exists(hall.folder / "old" / "lane.next.secret"));
  hall.reread_stations();
  std::filesystem::copy_file(hall.folder / "faces" / "000001.pgm",
                             hall.folder / "faces" / "000006.pgm");
  const Json again = json_lines(succeed("backstamp-station", {"--config", config, "--json"})).at(0);
  CHECK(again.at("uplink") == "connected");
  CHECK(again.at("acknowledged") == 6);

  const Json second = enrol_and_run(hall, "new", true);
  CHECK(second.at("uplink") == "connected");
  CHECK(second.at("epoch") != first.at("epoch"));
  const Ran taken_over = hall.let_in("old", "lane.public", true);  // and back
  CHECK(taken_over.exit == 0);

  succeed("backstamp-datacenter",
          {"remove-station", "--config", hall.office.config(), "--name", kStation});
  CHECK(run("backstamp-datacenter",
            {"remove-station", "--config", hall.office.config(), "--name", kStation})
            .exit == 1);
}

TEST_CASE("a letter for another station, key or root changes nothing") {
  Hall hall(1);
  const std::string config = hall.machine("old", 0);
  succeed("backstamp-station", {"new-key", "--config", config});
  REQUIRE(hall.let_in("old", "lane.public", false).exit == 0);
  const auto nothing = [&] {
    return !std::filesystem::exists(hall.folder / "old" / "root.pub") &&
           !std::filesystem::exists(hall.folder / "old" / "keys.bundle");
  };
  CHECK(hall.install(config, "old", {"--root", "0011223344556677"}).exit == 1);
  CHECK(hall.install(config, "old", {"--root", "short"}).exit == 1);
  CHECK(nothing());
  const std::string letter = read_text(hall.folder / "old" / "letter");
  for (const std::string field :
       {"station", "public_key", "server_key", "root", "bundle", "time"}) {
    const std::size_t from = letter.find("\"" + field + "\": \"") + field.size() + 5;
    std::string changed = letter;
    changed[from] = changed[from] == 'A' ? 'B' : 'A';
    write_text(hall.folder / "old" / "letter", changed);
    INFO(field);
    // A server key is proved by nothing but the way that the letter came: the uplink would refuse.
    if (field != "server_key") CHECK(hall.install(config, "old").exit == 1);
    write_text(hall.folder / "old" / "letter", letter.substr(0, from));
    CHECK(hall.install(config, "old").exit == 1);
  }
  CHECK(nothing());
  write_text(hall.folder / "old" / "letter", letter);
  CHECK(hall.install(config, "old").exit == 0);
  CHECK(hall.install(config, "old").exit == 0);
}

TEST_CASE("a key that is revoked by command is revoked on the lines that run") {
  Hall hall(240);
  const std::string config = hall.machine("old", 14'400);  // a minute of mail
  succeed("backstamp-station", {"new-key", "--config", config});
  REQUIRE(hall.let_in("old", "lane.public", false).exit == 0);
  REQUIRE(hall.install(config, "old").exit == 0);
  hall.reread_stations();
  auto station = start("backstamp-station", {"--config", config, "--json"},
                       hall.folder / "station.out", hall.folder / "station.err");
  const auto said = [&](const std::string& words) {
    return read_text(hall.folder / "station.err").find(words) != std::string::npos;
  };
  REQUIRE(wait_until([&] { return said("uplink: connected"); }, 60s));
  const auto from = std::chrono::steady_clock::now();
  succeed("backstamp-keys", {"revoke", hall.office.path("keys"), "--issuer", "1", "--meter",
                             std::to_string(kMeter), "--from", "2020-01-01"});
  CHECK(wait_until([&] { return said("is in force (by a delta)"); }, 60s));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
  WARN("from the command to the station's keys " << took.count() << " s");
  ::usleep(1'500'000);
  station.signal(SIGTERM);
  REQUIRE(exit_of(station, 120s) == 0);
  const Json report = json_lines(read_text(hall.folder / "station.out")).at(0);
  CHECK(report.at("verdicts").at("genuine") > 0);
  CHECK(report.at("verdicts").at("revoked") > 0);
  CHECK(report.at("acknowledged") == report.at("committed"));
}

}  // namespace
}  // namespace backstamp::test
