// What each service tells its manager while it starts, works, reloads and ends.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/meterbox.h"
#include "tests/support/notify_socket.h"
#include "tests/support/post_office.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

/// A manager that watches: what services of this test tell it, and asks for by environment.
class Manager {
 public:
  Manager() : socket_("@backstamp-manager-" + std::to_string(::getpid())) {
    ::setenv("WATCHDOG_USEC", "1000000", 1);
    ::unsetenv("WATCHDOG_PID");
  }
  ~Manager() { ::unsetenv("WATCHDOG_USEC"); }

  /// Waits for a message that begins so.
  bool hears(const std::string& beginning, std::chrono::milliseconds limit = 60s) {
    return wait_until(
        [&] {
          for (std::string& message : socket_.take()) heard_.push_back(std::move(message));
          return std::any_of(heard_.begin(), heard_.end(), [&](const std::string& message) {
            return message.starts_with(beginning);
          });
        },
        limit);
  }
  void forget() {
    (void)socket_.take();
    heard_.clear();
  }

 private:
  NotifySocket socket_;
  std::vector<std::string> heard_;
};

}  // namespace

TEST_CASE("the data center tells when it serves, lives, reloads and stops") {
  const TemporaryFolder folder;
  const PostOffice office(folder, "1h");
  Manager manager;
  auto center = office.start_datacenter();
  INFO(read_text(office.path("dc.err")));
  CHECK(manager.hears("READY=1\nSTATUS=serves meters at https://127.0.0.1:"));
  CHECK(manager.hears("WATCHDOG=1"));
  manager.forget();
  center.signal(SIGHUP);
  CHECK(manager.hears("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(manager.hears("READY=1"));
  manager.forget();
  center.signal(SIGSTOP);
  ::usleep(100'000);
  manager.forget();
  CHECK_FALSE(manager.hears("WATCHDOG=1", 2s));
  center.signal(SIGCONT);
  CHECK(manager.hears("WATCHDOG=1"));
  center.signal(SIGTERM);
  CHECK(manager.hears("STOPPING=1"));
  CHECK(exit_of(center, 60s) == 0);
}

TEST_CASE("a station with lanes tells the same") {
  const TemporaryFolder folder;
  const PostOffice office(folder, "1h");
  std::filesystem::create_directory(office.path("incoming"));
  const std::string config = office.path("station.yaml");
  const std::string text =
      "station: LANE\n"
      "lanes: [{name: L1, trigger: camera, cameras: [{name: front, kind: folder, folder: "
      "incoming}]}]\n"
      "keys: {bundle: keys/keys.bundle, root: keys/root.pub}\n"
      "journal: {directory: journal}\n"
      "log: {form: rfc5424}\n";
  write_text(config, text);
  Manager manager;
  auto station = start("backstamp-station", {"--config", config}, office.path("station.out"),
                       office.path("station.err"));
  CHECK(manager.hears("READY=1\nSTATUS="));
  CHECK(manager.hears("WATCHDOG=1"));
  manager.forget();
  CHECK(manager.hears("WATCHDOG=1"));  // again, though no mail comes
  write_text(config, text + "nonsense: 1\n");
  manager.forget();
  station.signal(SIGHUP);
  CHECK(manager.hears("RELOADING=1\n"));
  CHECK(manager.hears("READY=1\nSTATUS="));
  station.signal(SIGTERM);
  CHECK(manager.hears("STOPPING=1"));
  CHECK(exit_of(station, 60s) == 0);
  const std::string log = read_text(office.path("station.err"));
  INFO(log);
  // daemon.error, for the configuration that was not taken
  CHECK(log.find("<27>1 ") != std::string::npos);
  CHECK(log.find(" backstamp-station ") != std::string::npos);
  CHECK(log.find("station.yaml:6: nonsense: ") != std::string::npos);
}

TEST_CASE("a station that reads recorded mail tells that it lives, and ends by itself") {
  const TemporaryFolder folder;
  const PostOffice office(folder, "1h");
  const std::string config = office.path("station.yaml");
  (void)draw_faces(office.path("faces"), std::vector<Face>(20));
  write_text(config,
             "station: LANE\n"
             "source: {path: faces, pieces_per_hour: 36000}\n"
             "read: {deadline: 60s}\n"
             "keys: {bundle: keys/keys.bundle, root: keys/root.pub}\n"
             "journal: {directory: journal}\n");
  Manager manager;
  auto station = start("backstamp-station", {"--config", config}, office.path("station.out"),
                       office.path("station.err"));
  CHECK(manager.hears("READY=1\nSTATUS=reads "));
  CHECK(manager.hears("WATCHDOG=1"));
  const int exit = exit_of(station, 120s);
  INFO(read_text(office.path("station.err")));
  CHECK(exit == 0);
}

TEST_CASE("a meter box tells that it answers") {
  const TemporaryFolder folder(quick_folder());
  MeterBoxProcess box(folder);
  box.init();
  Manager manager;
  box.start();
  REQUIRE(box.await());
  CHECK(manager.hears("READY=1\nSTATUS=serves at "));
  CHECK(manager.hears("WATCHDOG=1"));
  manager.forget();
  CHECK(manager.hears("WATCHDOG=1"));
  CHECK(box.stop() == 0);
  CHECK(manager.hears("STOPPING=1"));
}

}  // namespace backstamp::test
