#include "base/monitoring.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "base/alarm_board.h"
#include "base/log_config.h"
#include "tests/support/plain_http.h"

namespace {

using namespace backstamp;
using namespace backstamp::test;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

Result<MonitoringConfig> config_of(const std::string& text) {
  auto document = yaml::Document::parse(text, "station.yaml");
  REQUIRE(document);
  yaml::Section root = document->root();
  MonitoringConfig config = read_monitoring(root.section("monitoring"));
  if (auto checked = document->finish(); !checked) return std::unexpected(checked.error());
  return config;
}

}  // namespace

TEST_CASE("monitoring serves figures, health and alarms") {
  AlarmBoard board({});
  std::atomic<bool> ok{true};
  const auto monitoring = Monitoring::start(
      {},
      [](metrics::Page& page) {
        page.counter("backstamp_pieces_total", "Pieces.", {{"lane", "1"}}, 7);
      },
      [&] {
        return Health{ok, ok ? "ContinuousExecution" : "Error", board.standing()};
      });
  REQUIRE(monitoring);
  const std::uint16_t port = monitoring->port();

  PlainAnswer metrics = plain_get(port, "/metrics");
  CHECK(metrics.status == 200);
  CHECK_THAT(metrics.head, ContainsSubstring("content-type: text/plain; version=0.0.4"));
  CHECK_THAT(metrics.body, ContainsSubstring("backstamp_pieces_total{lane=\"1\"} 7\n"));
  CHECK_THAT(metrics.body, ContainsSubstring("process_resident_memory_bytes "));
  CHECK(metrics.body.find("backstamp_alarm") == std::string::npos);
  const PlainAnswer well = plain_get(port, "/healthz");
  CHECK(well.status == 200);
  CHECK(Json::parse(well.body)["state"] == "ContinuousExecution");

  board.take({"camera-lost", "L1/front", true, "no \"frame\" for 5.0 s\xFF", "look at its cable"});
  ok = false;
  const PlainAnswer ill = plain_get(port, "/healthz");
  CHECK(ill.status == 503);
  const Json health = Json::parse(ill.body);
  CHECK(health["ok"] == false);
  REQUIRE(health["alarms"].size() == 1);
  CHECK(health["alarms"][0]["name"] == "camera-lost");
  CHECK(health["alarms"][0]["source"] == "L1/front");
  CHECK(health["alarms"][0]["remedy"] == "look at its cable");
  CHECK(parse_utc(health["alarms"][0]["since"].get<std::string>()));
  CHECK(Json::parse(plain_get(port, "/alarms").body) == health["alarms"]);
  metrics = plain_get(port, "/metrics");
  CHECK_THAT(metrics.body,
             ContainsSubstring("backstamp_alarm{name=\"camera-lost\",source=\"L1/front\"} 1\n"));
}

TEST_CASE("the process' own figures are its own") {
  metrics::Page page;
  process_metrics(page);
  const std::string text = page.text();
  const auto value = [&](const std::string& name) {
    const std::size_t at = text.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
  };
  CHECK(value("process_resident_memory_bytes") > 1e6);
  CHECK(value("process_resident_memory_bytes") < 1e10);
  CHECK(value("process_threads") >= 1);
  CHECK(value("process_open_fds") >= 3);
  const auto now = static_cast<double>(::time(nullptr));
  CHECK(value("process_start_time_seconds") < now + 2);
  CHECK(value("process_start_time_seconds") > now - 3600);
}

TEST_CASE("monitoring is for this machine unless the configuration says otherwise") {
  const auto here = config_of("monitoring: {port: 9464}");
  REQUIRE(here);
  CHECK(here->address == "127.0.0.1");
  CHECK(here->port == 9464);
  const auto anywhere = config_of("monitoring: {address: 0.0.0.0, port: 1, plain_anywhere: true}");
  REQUIRE(anywhere);
  CHECK(anywhere->plain_anywhere);
  const auto refused = config_of("monitoring: {address: 10.0.0.1, port: 1}");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("station.yaml:1: monitoring.address"));
  CHECK_FALSE(config_of("monitoring: {}"));
  CHECK_FALSE(config_of("monitoring: {port: 70000}"));
}

TEST_CASE("the log's section names its form and its level") {
  auto document = yaml::Document::parse("log: {form: rfc5424, level: debug}", "station.yaml");
  REQUIRE(document);
  const LogConfig config = read_log(document->root().section("log"));
  CHECK(document->finish());
  CHECK(config.form == LogForm::rfc5424);
  CHECK(config.level == Severity::debug);
  auto wrong = yaml::Document::parse("log: {form: json}", "station.yaml");
  REQUIRE(wrong);
  (void)read_log(wrong->root().section("log"));
  CHECK_FALSE(wrong->finish());
}
