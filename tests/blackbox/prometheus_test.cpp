// A stock Prometheus server scrapes what is served here, and promtool judges it.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/monitoring.h"
#include "datacenter/pages.h"
#include "station/station_metrics.h"
#include "tests/support/plain_http.h"
#include "tests/support/post_office.h"
#include "tests/support/tools.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

/// Where scripts/test lays the distribution's own package.
std::optional<std::filesystem::path> stock(const std::string& name) {
  std::vector<std::filesystem::path> folders;
  if (const char* told = std::getenv("BACKSTAMP_PROMETHEUS")) folders.emplace_back(told);
  folders.push_back(std::filesystem::path(BACKSTAMP_BIN_DIR) / "../../stock/usr/bin");
  return find_tool(name, folders);
}

/// A page with one of everything that a station tells.
void station_page(metrics::Page& page) {
  using station::add_metrics;
  station::LineCounters line;
  line.triggers = 101;
  line.in_time = 99;
  add_metrics(page, line, {{"lane", "LANE \"1\"\\\n"}});
  station::CameraCounters camera;
  camera.frames = 104;
  add_metrics(page, camera, {{"lane", "LANE-1"}, {"camera", "front"}});
  station::Line::Latencies times;
  for (std::uint64_t i = 1; i < 1000; ++i) times.from_image.record_ns(i * 100'000);
  add_metrics(page, times, {});
  add_metrics(page, station::SorterCounters{}, {{"link", "telegram"}});
  add_metrics(page, station::Evidence::Counters{}, {});
  add_metrics(page, vision::PoolCounters{}, {});
  add_metrics(page, station::RingFigures{64, 3, 1}, {});
  add_metrics(page, station::JournalFigures{12, 11, 10, 5'000'000'000}, {});
  add_metrics(page, uplink::SenderStatus{}, {});
  add_metrics(page, station::KeyFigures{9, true, false}, {});
  add_metrics(page, std::map<std::string, std::uint64_t>{{"camera-lost", 4}}, {});
  add_metrics(page, station::VisionState::ready, {});
}

/// The same of a data center.
void datacenter_page(metrics::Page& page) {
  datacenter::StoreFigures store;
  store.positions.push_back({"LANE-1", 1, 2, 2, utc_now()});
  datacenter::add_metrics(page, store, utc_now());
  datacenter::add_metrics(page, uplink::ReceiverCounters{});
  datacenter::add_metrics(page, http::ServerCounters{});
  datacenter::add_metrics(page, datacenter::OwnFigures{});
}

Health health() {
  return {true, "Ready", {{{"camera-lost", "LANE-1/front", true, "gone", "look"}, utc_now()}}};
}

/// What the server has of an expression.
std::string query(std::uint16_t port, const std::string& expression) {
  const PlainAnswer answer = plain_get(port, "/api/v1/query?query=" + expression);
  const Json json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object() || json.value("status", "") != "success") return "";
  const Json& result = json.at("data").at("result");
  return result.empty() ? "" : result.at(0).at("value").at(1).get<std::string>();
}

}  // namespace

TEST_CASE("promtool has no complaint of a station's figures, and none of a data center's") {
  const auto promtool = stock("promtool");
  if (!promtool) SKIP("promtool is neither in PATH nor in BACKSTAMP_PROMETHEUS");
  const auto served = Monitoring::start({}, station_page, health);
  REQUIRE(served);
  const PlainAnswer station = plain_get(served->port(), "/metrics");
  REQUIRE(station.status == 200);
  const Ran judged = run_tool(*promtool, {"check", "metrics"}, station.body);
  INFO(judged.out << judged.err << station.body);
  CHECK(judged.exit == 0);
  CHECK(judged.out.empty());
  CHECK(judged.err.empty());
  CHECK(run_tool(*promtool, {"check", "metrics"}, "x{ 1\n").exit != 0);  // it does judge

  const TemporaryFolder folder;
  const PostOffice office(folder, "1h");
  const std::uint16_t port = free_port();
  write_text(office.config(),
             read_text(office.config()) + "\nmonitoring: {port: " + std::to_string(port) + "}\n");
  auto center = office.start_datacenter();
  REQUIRE(wait_until([&] { return office.datacenter_ready(); }, 60s));
  const PlainAnswer of_center = plain_get(port, "/metrics");
  REQUIRE(of_center.status == 200);
  const Ran again = run_tool(*promtool, {"check", "metrics"}, of_center.body);
  INFO(again.out << again.err << of_center.body);
  CHECK(again.exit == 0);
  CHECK(again.out.empty());
  CHECK(again.err.empty());
}

TEST_CASE("the alerts that docs/operations.md advises can be loaded, and ask for what is served") {
  const std::string docs =
      read_text(std::filesystem::path(BACKSTAMP_SOURCE_DIR) / "docs/operations.md");
  const std::size_t from = docs.find("groups:\n");
  REQUIRE(from != std::string::npos);
  const std::string rules = docs.substr(from, docs.find("```", from) - from);

  metrics::Page page;
  station_page(page);
  datacenter_page(page);
  const std::string served = page.text() + "backstamp_alarm{} up{";
  const std::string letters = "abcdefghijklmnopqrstuvwxyz_";
  std::size_t names = 0;
  for (std::size_t at = rules.find("backstamp_"); at != std::string::npos;
       at = rules.find("backstamp_", at + 1)) {
    const std::string name = rules.substr(at, rules.find_first_not_of(letters, at) - at);
    INFO(name);
    CHECK(served.find(name) != std::string::npos);
    ++names;
  }
  CHECK(names >= 8);

  const auto promtool = stock("promtool");
  if (!promtool) SKIP("promtool is neither in PATH nor in BACKSTAMP_PROMETHEUS");
  const TemporaryFolder folder;
  write_text(folder / "rules.yml", rules);
  const Ran judged = run_tool(*promtool, {"check", "rules", folder / "rules.yml"});
  INFO(judged.out << judged.err);
  CHECK(judged.exit == 0);
}

TEST_CASE("a stock Prometheus server scrapes a station") {
  const auto prometheus = stock("prometheus");
  if (!prometheus) SKIP("prometheus is neither in PATH nor in BACKSTAMP_PROMETHEUS");
  const auto served = Monitoring::start({}, station_page, health);
  REQUIRE(served);
  const TemporaryFolder folder;
  write_text(folder / "prometheus.yml",
             "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n"
             "scrape_configs:\n"
             "  - job_name: station\n"
             "    static_configs: [{targets: ['127.0.0.1:" +
                 std::to_string(served->port()) + "']}]\n");
  const std::uint16_t port = free_port();
  auto server = start_tool(*prometheus,
                           {"--config.file=" + (folder / "prometheus.yml").string(),
                            "--storage.tsdb.path=" + (folder / "data").string(),
                            "--web.listen-address=127.0.0.1:" + std::to_string(port)},
                           folder / "log");
  INFO(read_text(folder / "log"));
  REQUIRE(wait_until([&] { return query(port, "up{job=\"station\"}") == "1"; }, 60s));
  CHECK(query(port, "backstamp_triggers_total") == "101");
  CHECK(query(port, "backstamp_alarm{name=\"camera-lost\"}") == "1");
  CHECK(query(port, "backstamp_camera_frames_total{camera=\"front\"}") == "104");
  // Half of the values lie under 50 ms: the buckets are read as they are meant.
  const std::string half = query(port,
                                 "backstamp_decision_seconds_bucket{le=\"0.05\"}/ignoring(le)"
                                 "backstamp_decision_seconds_count");
  REQUIRE_FALSE(half.empty());
  CHECK(std::stod(half) > 0.45);
  CHECK(std::stod(half) <= 0.501);
  server.signal(SIGTERM);
  (void)exit_of(server, 30s);
}

}  // namespace backstamp::test
