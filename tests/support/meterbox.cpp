#include "tests/support/meterbox.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

namespace backstamp::test {

std::filesystem::path quick_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

void MeterBoxProcess::init(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"init",           box().string(), "--softhsm",
                                     token().string(), "--issuer",     "7",
                                     "--open-limit",   "1000000.00",   "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Ran ran = run("backstamp-meterbox", arguments);
  INFO(ran.err);
  REQUIRE(ran.exit == 0);
}

void MeterBoxProcess::start(const std::vector<std::string>& more) {
  std::filesystem::remove(folder_ / "ready");
  std::vector<std::string> arguments{"serve",        box().string(),
                                     "--socket",     socket().string(),
                                     "--ready-file", (folder_ / "ready").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  process_ = test::start("backstamp-meterbox", arguments, folder_ / "box.out", folder_ / "box.err");
}

bool MeterBoxProcess::await() {
  (void)wait_until(
      [&] { return std::filesystem::exists(folder_ / "ready") || !process_.running(); },
      std::chrono::seconds(60));
  return std::filesystem::exists(folder_ / "ready") && process_.running();
}

void MeterBoxProcess::kill() {
  process_.signal(SIGKILL);
  REQUIRE(process_.wait_for(std::chrono::seconds(10)));
}

int MeterBoxProcess::stop() {
  process_.signal(SIGTERM);
  return exit_of(process_, std::chrono::seconds(30));
}

std::vector<Json> MeterBoxProcess::audit() const {
  const Ran ran = run("backstamp-meterbox", {"audit", box().string(), "--records", "--json"});
  INFO(ran.err);
  REQUIRE(ran.exit == 0);
  return json_lines(ran.out);
}

}  // namespace backstamp::test
