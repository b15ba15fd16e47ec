// The service units as systemd judges them.
#include <catch2/catch_test_macros.hpp>

#include "tests/support/tools.h"

namespace backstamp::test {
namespace {

const std::filesystem::path kUnits = std::filesystem::path(BACKSTAMP_SOURCE_DIR) / "docs/systemd";

std::string unit_text(const std::string& name) {
  return read_text(kUnits / name);
}

}  // namespace

TEST_CASE("every unit tells when it is ready, is watched, and is shut off from what it needs not") {
  for (const char* name : {"backstamp-station@.service", "backstamp-datacenter.service",
                           "backstamp-meterbox.service"}) {
    INFO(name);
    const std::string text = unit_text(name);
    CHECK(text.find("\nType=notify\n") != std::string::npos);
    CHECK(text.find("\nWatchdogSec=") != std::string::npos);
    CHECK(text.find("\nRestart=on-failure\n") != std::string::npos);
  }
}

TEST_CASE("systemd finds no unit more exposed than 3.0, not even with the real-time profile") {
  const auto analyze = find_tool("systemd-analyze");
  if (!analyze) SKIP("systemd-analyze is not installed");
  const TemporaryFolder folder;
  const std::string station = "backstamp-station@.service";
  for (const std::string& name : {station, std::string("backstamp-datacenter.service"),
                                  std::string("backstamp-meterbox.service")}) {
    std::filesystem::copy_file(kUnits / name, folder / name);
    const Ran ran = run_tool(
        *analyze, {"security", "--offline=yes", "--threshold=30", "--no-pager", folder / name});
    INFO(name << "\n" << ran.out << ran.err);
    CHECK(ran.exit == 0);
    CHECK(ran.out.find("Overall exposure level") != std::string::npos);
  }
  std::filesystem::create_directory(folder / (station + ".d"));
  std::filesystem::copy_file(kUnits / (station + ".d") / "realtime.conf.example",
                             folder / (station + ".d/realtime.conf"));
  const Ran ran = run_tool(
      *analyze, {"security", "--offline=yes", "--threshold=30", "--no-pager", folder / station});
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 0);
  const Ran open = run_tool(
      *analyze, {"security", "--offline=yes", "--threshold=1", "--no-pager", folder / station});
  CHECK(open.exit != 0);  // the threshold does judge
}

}  // namespace backstamp::test
