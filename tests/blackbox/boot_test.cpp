// The units in a minimal system that systemd-nspawn boots: they start, and the watchdog starts a
// station again that stands still. Wants root, BACKSTAMP_LONG=1, systemd-nspawn, and in
// BACKSTAMP_BOOT_ROOT the root folder of such a system (Debian of this machine's release with
// systemd), which is laid under an overlay and stays as it is.
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/tools.h"

namespace backstamp::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Runs a tool that must do its work; its output.
std::string must(const std::string& tool, const std::vector<std::string>& arguments,
                 std::chrono::seconds limit = 120s) {
  const auto found = find_tool(tool, {"/usr/sbin", "/sbin"});
  INFO(tool);
  REQUIRE(found);
  const Ran ran = run_tool(*found, arguments, {}, limit);
  INFO(ran.out << ran.err);
  REQUIRE(ran.exit == 0);
  return ran.out;
}

/// The system's root with everything installed in it that the units need.
class Root {
 public:
  explicit Root(const fs::path& below) {
    for (const char* part : {"upper", "work", "root"}) fs::create_directory(folder_ / part);
    const std::string layers = "lowerdir=" + below.string() +
                               ",upperdir=" + (folder_ / "upper").string() +
                               ",workdir=" + (folder_ / "work").string();
    mounted_ = ::mount("overlay", path().c_str(), "overlay", 0, layers.c_str()) == 0;
  }
  ~Root() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  fs::path path() const { return folder_ / "root"; }

  void install() const {
    must("cmake", {"--install", (fs::path(BACKSTAMP_BIN_DIR) / "..").string(), "--prefix",
                   (path() / "usr/local").string(), "--strip"});
    for (const auto& program : fs::directory_iterator(path() / "usr/local/bin")) {
      bring_libraries(program.path());
    }
    must("systemd-sysusers", {"--root=" + path().string()});
  }

  /// Runs a program of the system in it, without booting.
  std::string within(std::vector<std::string> line) const {
    line.insert(line.begin(), path().string());
    return must("chroot", line);
  }

 private:
  /// What the programs were linked with here and the system does not have.
  void bring_libraries(const fs::path& program) const {
    std::istringstream lines(must("ldd", {program.string()}));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t from = line.find("=> /");
      if (from == std::string::npos) continue;
      const fs::path library = line.substr(from + 3, line.find(" (", from) - from - 3);
      const fs::path there = path() / library.relative_path();
      if (fs::exists(there)) continue;
      fs::create_directories(there.parent_path());
      fs::copy_file(fs::canonical(library), there);
    }
  }

  TemporaryFolder folder_;
  bool mounted_ = false;
};

/// A data center and a station with one lane, as docs/operations.md has them.
void set_up(const Root& root) {
  const std::string home = "/var/lib/backstamp";
  const std::string lane = home + "/lane-1";
  fs::create_directories(root.path() / lane.substr(1) / "incoming");
  root.within({"backstamp-keys", "ceremony", lane + "/keys", "--issuer", "1"});
  root.within({"backstamp-datacenter", "init", home + "/datacenter", "--keys", lane + "/keys",
               "--host", "127.0.0.1"});
  const std::string center = home + "/datacenter/datacenter.yaml";
  root.within({"backstamp-keys", "station", "--out", lane + "/lane"});
  root.within({"backstamp-datacenter", "add-station", "--config", center, "--name", "LANE-1",
               "--public-key", lane + "/lane.public"});
  const std::string text = read_text(root.path() / center.substr(1));
  const std::size_t at = text.find("tcp://");
  REQUIRE(at != std::string::npos);
  std::string endpoint = text.substr(at, text.find_first_of("\"\n ", at) - at);
  endpoint = "tcp://127.0.0.1" + endpoint.substr(endpoint.rfind(':'));
  write_text(root.path() / lane.substr(1) / "station.yaml",
             "station: LANE-1\n"
             "lanes:\n"
             "  - name: L1\n"
             "    trigger: camera\n"
             "    cameras: [{name: front, kind: folder, folder: incoming}]\n"
             "keys: {bundle: keys/keys.bundle, root: keys/root.pub}\n"
             "journal: {directory: journal}\n"
             "uplink: {endpoint: \"" +
                 endpoint +
                 "\", station_key: lane.secret, server_key: ../datacenter/curve/server.public}\n"
                 "monitoring: {port: 9464}\n");
  root.within({"chown", "-R", "backstamp:backstamp", home});
  root.within({"systemctl", "enable", "backstamp-datacenter", "backstamp-station@lane-1"});
}

/// The booted system.
class Machine {
 public:
  explicit Machine(const Root& root)
      : nspawn_(start_tool(*find_tool("systemd-nspawn"),
                           {"-D", root.path().string(), "--boot", "--register=no", "--keep-unit",
                            "--private-network", "--console=pipe"},
                           folder_ / "console")) {}
  ~Machine() {
    (void)ask({"systemctl", "poweroff"});
    if (exit_of(nspawn_, 60s) == -1) nspawn_.signal(SIGKILL);
  }

  std::string console() const { return read_text(folder_ / "console"); }
  /// A command in it; what it printed.
  Ran ask(const std::vector<std::string>& line) const {
    const std::string leader = first_child();
    if (leader.empty()) return {};
    std::vector<std::string> all = {"-t", leader, "-m", "-u", "-i", "-n", "-p", "--"};
    all.insert(all.end(), line.begin(), line.end());
    return run_tool(*find_tool("nsenter"), all);
  }
  std::string property(const std::string& unit, const std::string& name) const {
    std::string value = ask({"systemctl", "show", "-P", name, unit}).out;
    while (!value.empty() && value.back() == '\n') value.pop_back();
    return value;
  }
  bool active(const std::string& unit) const { return property(unit, "ActiveState") == "active"; }

 private:
  /// Process 1 of the system, by its number here.
  std::string first_child() const {
    const std::string pid = std::to_string(nspawn_.pid());
    std::string child;
    std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> child;
    return child;
  }

  TemporaryFolder folder_;
  ChildProcess nspawn_;
};

}  // namespace

TEST_CASE("in a system that boots, the units start and a station that stands still starts again") {
  if (!long_run()) SKIP("boots a system: only with BACKSTAMP_LONG=1");
  if (::getuid() != 0) SKIP("boots a system: only as root");
  const char* below = std::getenv("BACKSTAMP_BOOT_ROOT");
  if (below == nullptr) SKIP("BACKSTAMP_BOOT_ROOT names no system to boot");
  if (!find_tool("systemd-nspawn") || !find_tool("nsenter")) SKIP("no systemd-nspawn here");
  const Root root(below);
  if (!root.mounted()) SKIP("no overlay can be mounted here");
  root.install();
  set_up(root);

  const Machine machine(root);
  const std::string station = "backstamp-station@lane-1";
  const auto both_run = [&] {
    return machine.active(station) && machine.active("backstamp-datacenter");
  };
  const bool started = wait_until(both_run, 60s);
  INFO(machine.console());
  for (const std::string& unit : {station, std::string("backstamp-datacenter")}) {
    UNSCOPED_INFO(machine.ask({"journalctl", "--no-pager", "-n", "30", "-u", unit}).out);
  }
  REQUIRE(started);
  CHECK(machine.property(station, "StatusText") == "running");
  CHECK(machine.property(station, "NRestarts") == "0");
  // It stays: the watchdog hears of a line to which no mail comes.
  std::this_thread::sleep_for(15s);
  CHECK(both_run());
  CHECK(machine.property(station, "NRestarts") == "0");

  const std::string before = machine.property(station, "MainPID");
  REQUIRE(machine.ask({"kill", "-STOP", before}).exit == 0);
  CHECK(wait_until(
      [&] {
        return machine.property(station, "NRestarts") == "1" && machine.active(station) &&
               machine.property(station, "MainPID") != before;
      },
      60s));
  const std::string log = machine.ask({"journalctl", "--no-pager", "-u", station}).out;
  INFO(log);
  CHECK(log.find("Watchdog timeout") != std::string::npos);
  CHECK(machine.active("backstamp-datacenter"));

  // Messages arrive in the journal with their fields, and a reload is one.
  REQUIRE(machine.ask({"systemctl", "reload", station}).exit == 0);
  CHECK(wait_until(
      [&] {
        return machine.ask({"journalctl", "--no-pager", "-u", station, "BACKSTAMP_ID=reload"})
                   .out.find("is in force") != std::string::npos;
      },
      20s));
}

}  // namespace backstamp::test
