// `backstamp doctor` on a post office that is well, and on one with faults planted in it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>

#include "base/file.h"
#include "tests/support/post_office.h"

namespace backstamp::test {
namespace {

using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

/// A station with one lane that watches a folder, and all that it needs.
struct Lane {
  Lane() : office(folder, "1h") {
    office.add_station("LANE");
    std::filesystem::create_directory(office.path("incoming"));
    std::filesystem::create_directory(office.path("journal"));
    while (sorter_port == monitoring_port) sorter_port = free_port();
    write("");
  }

  void write(const std::string& more) const {
    write_text(config(),
               "station: LANE\n"
               "lanes:\n"
               "  - name: L1\n"
               "    trigger: camera\n"
               "    cameras:\n"
               "      - {name: front, kind: folder, folder: incoming}\n"
               "sorter:\n"
               "  telegram: {port: " +
                   std::to_string(sorter_port) +
                   "}\n"
                   "keys: {bundle: keys/keys.bundle, root: keys/root.pub}\n"
                   "journal: {directory: journal}\n"
                   "uplink:\n"
                   "  endpoint: " +
                   office.uplink_endpoint() +
                   "\n"
                   "  station_key: LANE.secret\n"
                   "  server_key: dc/curve/server.public\n"
                   "monitoring: {port: " +
                   std::to_string(monitoring_port) + "}\n" + more);
  }
  std::string config() const { return office.path("station.yaml"); }

  TemporaryFolder folder;
  PostOffice office;
  std::uint16_t sorter_port = free_port();
  std::uint16_t monitoring_port = free_port();
};

/// The findings of one run by check; the worst of each.
std::map<std::string, Json> examine(const std::string& config, int& exit) {
  const Ran ran = run("backstamp-doctor", {"--config", config, "--json"});
  INFO(ran.out << ran.err);
  exit = ran.exit;
  std::map<std::string, Json> found;
  for (const Json& line : json_lines(ran.out)) {
    const std::string check = line.at("check");
    if (!found.contains(check) || line.at("level") == "fault") found[check] = line;
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

void check_fault(const std::map<std::string, Json>& found, const std::string& check,
                 const std::string& says, const std::string& remedy) {
  INFO(check);
  REQUIRE(found.contains(check));
  const Json& one = found.at(check);
  INFO(one.dump());
  CHECK(one.at("level") == "fault");
  CHECK_THAT(one.at("about").get<std::string>() + " " + one.at("found").get<std::string>(),
             ContainsSubstring(says));
  CHECK_THAT(one.at("remedy").get<std::string>(), ContainsSubstring(remedy));
}

/// A socket of this test that listens.
UniqueFd listen_on(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 4) == 0);
  return fd;
}

}  // namespace

TEST_CASE("a lane that is well has no fault") {
  const Lane lane;
  auto center = lane.office.start_datacenter();
  REQUIRE(wait_until([&] { return lane.office.datacenter_ready(); }, 60s));
  int exit = -1;
  const auto found = examine(lane.config(), exit);
  for (const char* check : {"configuration", "journal", "keys", "root", "secret", "uplink",
                            "uplink-key", "camera", "port", "workers"}) {
    INFO(check);
    REQUIRE(found.contains(check));
    INFO(found.at(check).dump());
    CHECK(found.at(check).at("level") == "ok");
  }
  for (const char* check : {"clock", "time-zones", "cpu-governor", "disk-space", "disk-sync"}) {
    CHECK(found.contains(check));
  }
  // A machine for tests may have a slow disk; a fault of ours is none of it.
  for (const auto& [check, one] : found) {
    INFO(one.dump());
    CHECK((one.at("level") != "fault" || check.starts_with("disk-")));
  }
}

TEST_CASE("each planted fault is named with its remedy") {
  const Lane lane;
  REQUIRE(::chmod(lane.office.path("LANE.secret").c_str(), 0644) == 0);
  succeed("backstamp-keys", {"ceremony", lane.office.path("other"), "--issuer", "1"});
  std::filesystem::copy_file(lane.office.path("other/root.pub"), lane.office.path("keys/root.pub"),
                             std::filesystem::copy_options::overwrite_existing);
  const UniqueFd taken = listen_on(lane.sorter_port);
  std::filesystem::remove(lane.office.path("journal"));
  write_text(lane.office.path("journal"), "in the way");
  std::filesystem::remove(lane.office.path("incoming"));
  lane.write("profile: no-such-profile.yaml\n");
  // And the data center is not started.
  int exit = -1;
  const auto found = examine(lane.config(), exit);
  CHECK(exit == 1);
  check_fault(found, "secret-mode", "LANE.secret mode 0644", "chmod 600 ");
  check_fault(found, "keys", "keys.bundle", "letter of enrolment");
  check_fault(found, "port", "is taken by test_blackbox_doctor", "another port");
  check_fault(found, "journal", "is no folder", "another one");
  check_fault(found, "uplink", "does not answer", "start it");
  check_fault(found, "camera", "L1/front", "make it");
  check_fault(found, "profile", "no-such-profile.yaml", "backstamp calibrate");

  const Ran text = run("backstamp-doctor", {"--config", lane.config()});
  CHECK(text.exit == 1);
  CHECK_THAT(text.out, ContainsSubstring("fault   secret-mode "));
  CHECK_THAT(text.out, ContainsSubstring("        -> chmod 600 "));
}

TEST_CASE("a key that the data center does not know is a fault, and a data center that is none") {
  const Lane lane;
  auto center = lane.office.start_datacenter();
  REQUIRE(wait_until([&] { return lane.office.datacenter_ready(); }, 60s));
  succeed("backstamp-keys", {"station", "--out", lane.office.path("STRANGER")});
  std::filesystem::rename(lane.office.path("STRANGER.secret"), lane.office.path("LANE.secret"));
  int exit = -1;
  const auto found = examine(lane.config(), exit);
  CHECK(exit == 1);
  CHECK(found.at("uplink").at("level") == "ok");
  check_fault(found, "uplink-key", "know", "enrol");

  center.signal(SIGTERM);
  REQUIRE(exit_of(center, 60s) == 0);
  const std::string endpoint = lane.office.uplink_endpoint();
  const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  const UniqueFd stranger = listen_on(port);
  check_fault(examine(lane.config(), exit), "uplink", "no data center", "name the address");
}

TEST_CASE("a data center is looked at too, whether it runs or not") {
  const Lane lane;
  int exit = -1;
  auto found = examine(lane.office.config(), exit);
  for (const char* check : {"configuration", "database", "stations", "secret", "port", "keys"}) {
    INFO(check);
    REQUIRE(found.contains(check));
    INFO(found.at(check).dump());
    CHECK(found.at(check).at("level") == "ok");
  }
  auto center = lane.office.start_datacenter();
  REQUIRE(wait_until([&] { return lane.office.datacenter_ready(); }, 60s));
  found = examine(lane.office.config(), exit);
  CHECK(found.at("database-lock").at("level") == "warning");
  CHECK_THAT(found.at("database-lock").at("found").get<std::string>(),
             ContainsSubstring("backstamp-datacenter"));
  CHECK(found.at("port").at("level") == "ok");  // its own
  std::filesystem::remove(lane.office.path("dc/tls/server.key"));
  found = examine(lane.office.config(), exit);
  CHECK(exit == 1);
  check_fault(found, "secret", "server.key", "make it");
}

TEST_CASE("a configuration with faults is a fault, and check-config names each with its line") {
  const Lane lane;
  const Ran well = run("backstamp-check-config", {lane.config(), lane.office.config()});
  INFO(well.out << well.err);
  CHECK(well.exit == 0);
  CHECK_THAT(well.out, ContainsSubstring("station.yaml: no faults"));
  CHECK_THAT(well.out, ContainsSubstring("datacenter.yaml: no faults"));
  CHECK_THAT(well.out, ContainsSubstring("LANE"));

  lane.write("pass: 0\nnonsense: 1\n");
  const Ran ill = run("backstamp-check-config", {lane.config()});
  CHECK(ill.exit == 1);
  CHECK(ill.out.empty());
  CHECK_THAT(ill.err, ContainsSubstring("station.yaml:16: pass: "));
  CHECK_THAT(ill.err, ContainsSubstring("station.yaml:17: nonsense: "));
  const Ran json = run("backstamp-check-config", {"--json", lane.config(), lane.office.config()});
  CHECK(json.exit == 1);
  const auto lines = json_lines(json.out);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("ok") == false);
  CHECK(lines[0].at("faults").size() == 2);
  CHECK(lines[1].at("ok") == true);
  CHECK(lines[1].at("config").contains("datacenter"));
  CHECK(run("backstamp-check-config", {}).exit == 2);

  int exit = -1;
  check_fault(examine(lane.config(), exit), "configuration", "station.yaml:16", "check-config");
  CHECK(exit == 1);
}

}  // namespace backstamp::test
