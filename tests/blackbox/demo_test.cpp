// `scripts/demo` shows the whole loop; this holds it to what it promises.
#include <catch2/catch_test_macros.hpp>

#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

TEST_CASE("the demo accounts for every piece, and says so for machines") {
  const TemporaryFolder folder;
  const Ran ran =
      run("backstamp-demo",
          {"--directory", folder / "demo", "--faces", "40", "--json", "--waiting-period", "3"},
          std::chrono::seconds(280));
  INFO(ran.out << ran.err << read_text(folder / "demo/demo.log"));
  CHECK(ran.exit == 0);
  const auto lines = json_lines(ran.out);
  REQUIRE(lines.size() == 1);
  const Json& summary = lines[0];
  CHECK(summary.at("ok") == true);
  CHECK(summary.at("pieces") == 40);
  CHECK(summary.at("events") == 40);
  for (const char* none : {"lost", "duplicated", "misread", "passed", "unheard"}) {
    INFO(none);
    CHECK(summary.at(none) == 0);
  }
  for (const auto& [format, rate] : summary.at("read_rate").items()) {
    INFO(format);
    CHECK(rate.get<double>() >= 0.8);
  }
  CHECK(summary.at("read_rate").contains("DataMatrix"));
  CHECK(summary.at("read_rate").contains("IMb"));
  for (const char* kind : {"forged", "copied", "revoked", "expired", "moved", "blank", "damaged",
                           "missing"}) {
    INFO(kind);
    REQUIRE(summary.at("planted").contains(kind));
    const Json& planted = summary.at("planted").at(kind);
    CHECK(planted.at("planted").get<int>() >= 1);
    CHECK(planted.at("found") == planted.at("planted"));
  }
  CHECK(summary.at("scenes").size() == 10);
  for (const Json& scene : summary.at("scenes")) {
    INFO(scene.dump());
    CHECK(scene.at("right") == true);
  }
  CHECK(summary.at("pieces_per_s").get<double>() > 0);
  CHECK(summary.at("latency_ms").at("p50").get<double>() > 0);
  CHECK(summary.at("latency_ms").at("p99") >= summary.at("latency_ms").at("p50"));
  CHECK(json_lines(Json::parse(read_text(folder / "demo/summary.json")).dump()).at(0) == summary);
}

TEST_CASE("the demo does not touch a folder that it has not made") {
  const TemporaryFolder folder;
  write_text(folder / "thesis.txt", "years of work\n");
  const Ran ran = run("backstamp-demo", {"--directory", folder.path().string(), "--faces", "40"});
  CHECK(ran.exit == 1);
  CHECK(ran.err.find(folder.path().string()) != std::string::npos);
  CHECK(read_text(folder / "thesis.txt") == "years of work\n");
}

}  // namespace
}  // namespace backstamp::test
