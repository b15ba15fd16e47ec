#include "base/service.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/notify_socket.h"
#include "tests/support/temporary_folder.h"

namespace {

namespace service = backstamp::service;
using backstamp::test::NotifySocket;
using Messages = std::vector<std::string>;

/// What a manager sets for its service, for the life of this.
class Watchdog {
 public:
  Watchdog(const std::string& usec, const std::string& pid) {
    ::setenv("WATCHDOG_USEC", usec.c_str(), 1);
    if (!pid.empty()) ::setenv("WATCHDOG_PID", pid.c_str(), 1);
  }
  ~Watchdog() {
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }
};

}  // namespace

TEST_CASE("a service tells its manager at a path and at an abstract name") {
  const backstamp::test::TemporaryFolder folder;
  for (const std::string& name :
       {(folder / "notify").string(), "@backstamp-test-" + std::to_string(::getpid())}) {
    NotifySocket manager(name);
    service::ready("takes pieces");
    service::status("21 pieces/s");
    service::watchdog();
    service::stopping();
    CHECK(manager.take() == Messages{"READY=1\nSTATUS=takes pieces", "STATUS=21 pieces/s",
                                     "WATCHDOG=1", "STOPPING=1"});
  }
}

TEST_CASE("a status is one line, whatever is in it") {
  NotifySocket manager("@backstamp-test-" + std::to_string(::getpid()));
  service::status("camera\nREADY=1\r" + std::string(2'000, 'x'));
  const auto told = manager.take();
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("STATUS=camera READY=1 xxx"));
  CHECK(told[0].find('\n') == std::string::npos);
  CHECK(told[0].size() < 1'000);
}

TEST_CASE("a reload says since when, by the clock that never goes back") {
  NotifySocket manager("@backstamp-test-" + std::to_string(::getpid()));
  service::reloading();
  const auto told = manager.take();
  REQUIRE(told.size() == 1);
  const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(told[0].starts_with(head));
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const long long since = std::stoll(told[0].substr(head.size()));
  const long long now_us = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  CHECK(since <= now_us);
  CHECK(since > now_us - 60'000'000);
}

TEST_CASE("without a manager, with one that has gone or of a kind unknown, nothing happens") {
  ::unsetenv("NOTIFY_SOCKET");
  service::ready("x");
  for (const char* name : {"", "/", "@", "vsock:2:1234", "/nowhere/notify", "relative"}) {
    ::setenv("NOTIFY_SOCKET", name, 1);
    service::ready("x");
    service::watchdog();
  }
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  service::ready("x");
  ::unsetenv("NOTIFY_SOCKET");
  SUCCEED("none of these waited or ended the process");
}

TEST_CASE("the watchdog's interval is half of what the manager allows this process") {
  using std::chrono::microseconds;
  ::unsetenv("WATCHDOG_USEC");
  CHECK_FALSE(service::watchdog_interval());
  {
    const Watchdog set("10000000", "");
    CHECK(service::watchdog_interval() == microseconds(5'000'000));
  }
  {
    const Watchdog set("10000000", std::to_string(::getpid()));
    CHECK(service::watchdog_interval() == microseconds(5'000'000));
  }
  {
    const Watchdog set("10000000", std::to_string(::getppid()));
    CHECK_FALSE(service::watchdog_interval());
  }
  for (const char* nonsense : {"", "x", "-5", "0", "1", "10s", "99999999999999999999"}) {
    const Watchdog set(nonsense, "");
    CHECK_FALSE(service::watchdog_interval());
  }
}
