// A whole line without hardware: belts, cameras and a machine's control around a real station. What
// is counted must be right however busy the machine is; times are asserted in the long run alone.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

struct Simulated {
  int exit = -1;
  std::string err;
  Json report;
};

Simulated simulate(std::vector<std::string> arguments, std::chrono::seconds limit = 120s) {
  arguments.insert(arguments.begin(), "--json");
  const Ran ran = run("backstamp-simulate", arguments, limit);
  INFO(ran.err);
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == 1);
  return {ran.exit, ran.err, lines.front()};
}

/// Slow enough, and patient enough, for a machine that runs other tests at the same time: a worker
/// that gets no processor for a tenth of a second is not to be taken for one that hangs.
std::vector<std::string> slowly(std::vector<std::string> more) {
  std::vector<std::string> arguments{
      "--lanes", "4",           "--rate", "24000",    "--faces", "24",          "--deadline-ms",
      "1500",    "--window-ms", "500",    "--effort", "200000",  "--no-unpaced"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::uint64_t count(const Json& report, const char* group, const char* key) {
  return report.at(group).at(key).get<std::uint64_t>();
}

/// One event and one decision for every piece, and every piece read as the same face in calm.
void check_kept(const Json& report) {
  INFO(report.dump(2));
  CHECK(report.at("triggers") > 0);
  CHECK(report.at("events") == report.at("triggers"));
  for (const char* key : {"lost", "repeated", "unknown"}) {
    INFO(key);
    CHECK(count(report, "machine", key) == 0);
  }
  CHECK(count(report, "readings", "repeated") == 0);
  CHECK(count(report, "readings", "compared") > 0);
  CHECK(count(report, "readings", "different") == 0);
}

}  // namespace

TEST_CASE("four lanes give every piece one event and one decision, and read it as in calm") {
  const Simulated ran = simulate(slowly({"--seconds", "2", "--cameras-per-lane", "2"}));
  check_kept(ran.report);
  CHECK(ran.report.at("triggers") >= 50);
  CHECK(count(ran.report, "machine", "untriggered") == 0);
  CHECK(count(ran.report, "readings", "compared") + count(ran.report, "machine", "not_shown") ==
        ran.report.at("triggers").get<std::uint64_t>());
}

TEST_CASE("jams, doubles, missing triggers, changing speeds and failing cameras cost no event") {
  const Simulated ran = simulate(slowly({"--seconds", "4", "--jams", "2", "--doubles", "4",
                                         "--missing", "4", "--speed-changes", "2", "--unplugs", "1",
                                         "--damaged", "3", "--frozen", "3", "--wrong-size", "3"}));
  check_kept(ran.report);
  CHECK(count(ran.report, "machine", "untriggered") > 0);
  const Json& causes = ran.report.at("causes");
  INFO(causes.dump());
  CHECK(causes.value("camera_lost", 0) + causes.value("bad_image", 0) > 0);
}

TEST_CASE("a link to the machine that breaks or brings nonsense costs no event") {
  const Simulated ran =
      simulate(slowly({"--seconds", "4", "--plc-cuts", "1", "--plc-nonsense", "1"}));
  check_kept(ran.report);
  CHECK(count(ran.report, "machine", "connections") >= 2);
  CHECK(count(ran.report, "machine", "untriggered") > 0);
}

TEST_CASE("a worker that crashes, hangs or grows costs its own piece, and no other, its reading") {
  const Simulated ran = simulate(slowly({"--seconds", "4", "--faults", "crash=10,hang=40,bloat=15",
                                         "--decode-worker", BACKSTAMP_UNRULY_WORKER}));
  check_kept(ran.report);
  CHECK(count(ran.report, "readings", "planted") > 0);
  CHECK(count(ran.report, "readings", "planted_lost") == count(ran.report, "readings", "planted"));
  CHECK(count(ran.report, "readings", "bloated") > 0);
  CHECK(count(ran.report, "workers", "restarts") > 0);
}

TEST_CASE("what cannot be simulated is refused before anything is rendered") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--faults", "crash=100"},
        std::vector<std::string>{"--faults", "melt=100"},
        std::vector<std::string>{"--mix", "parcels"},
        std::vector<std::string>{"--unpaced", "--no-unpaced"}}) {
    const Ran ran = run("backstamp-simulate", arguments, 10s);
    INFO(ran.err);
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("ten minutes of four lanes at 60,000 pieces an hour keep every promise") {
  if (!long_run()) SKIP("ten minutes: with BACKSTAMP_LONG=1 (scripts/test --long)");
  const Simulated ran = simulate({"--lanes", "4", "--rate", "60000", "--seconds", "600"}, 1200s);
  check_kept(ran.report);
  CHECK(ran.exit == 0);
  CHECK(ran.report.at("triggers") >= 39'900);
  CHECK(ran.report.at("in_time") >= 0.9999);
  CHECK(ran.report.at("latency_ms").at("p999") <= 25.0);
  const double start = ran.report.at("resident_mb").at("start");
  const double end = ran.report.at("resident_mb").at("end");
  CHECK(end <= start * 1.02);
  CHECK(ran.report.at("unpaced").at("pieces_per_s") >= 300.0);
}

TEST_CASE("workers that fail on every hundredth piece for ten minutes make no piece late") {
  if (!long_run()) SKIP("ten minutes: with BACKSTAMP_LONG=1 (scripts/test --long)");
  const Simulated ran =
      simulate({"--seconds", "600", "--no-unpaced", "--faults", "crash=100,hang=100,bloat=100",
                "--decode-worker", BACKSTAMP_UNRULY_WORKER},
               1200s);
  check_kept(ran.report);
  CHECK(ran.exit == 0);
  CHECK(ran.report.at("in_time") >= 0.9999);
  CHECK(count(ran.report, "machine", "too_late") == 0);
  CHECK(count(ran.report, "readings", "planted_lost") == count(ran.report, "readings", "planted"));
}

TEST_CASE("line faults in campaigns of many seeds cost no event") {
  if (!long_run()) SKIP("ten minutes: with BACKSTAMP_LONG=1 (scripts/test --long)");
  for (int seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    const Simulated ran = simulate({"--seconds",
                                    "60",
                                    "--no-unpaced",
                                    "--seed",
                                    std::to_string(seed),
                                    "--jams",
                                    "4",
                                    "--doubles",
                                    "20",
                                    "--missing",
                                    "20",
                                    "--speed-changes",
                                    "6",
                                    "--unplugs",
                                    "4",
                                    "--damaged",
                                    "20",
                                    "--frozen",
                                    "20",
                                    "--wrong-size",
                                    "20",
                                    "--plc-cuts",
                                    "2",
                                    "--plc-silences",
                                    "1",
                                    "--plc-nonsense",
                                    "2"},
                                   300s);
    check_kept(ran.report);
    CHECK(count(ran.report, "machine", "too_late") == 0);
  }
}

}  // namespace backstamp::test
