// What a data center tells those who watch it.
#include "datacenter/pages.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "datacenter/administration.h"
#include "datacenter/server.h"
#include "mail.h"
#include "tests/support/plain_http.h"

namespace backstamp::datacenter {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using postal::NoReadCause;
using postal::Reason;
using postal::Verdict;

namespace {

std::map<std::string, std::int64_t> by_name(const std::vector<NamedCount>& counts) {
  std::map<std::string, std::int64_t> map;
  for (const NamedCount& count : counts) map[count.name] = count.count;
  return map;
}

}  // namespace

TEST_CASE("figures for monitoring are those of the report") {
  Fixture fixture;
  Store& store = *fixture.store;
  const std::vector<Registration> pieces = {registration(1), registration(2), registration(3)};
  REQUIRE(store.register_pieces(kMeter, pieces, at(0)));
  REQUIRE(store.store_batch(batch({scan(1), no_read(NoReadCause::checksum)}, 1, "S1", 76), at(20)));
  REQUIRE(store.store_batch(batch({diverted(3, Verdict::forged, Reason::forged)}), at(30)));
  REQUIRE(store.store_batch(batch({no_read(NoReadCause::camera_lost)}, 1, "S2"), at(25)));

  const auto figures = store.figures();
  const auto totals = store.report_totals();
  REQUIRE(figures);
  REQUIRE(totals);
  CHECK(by_name(figures->states) == by_name(totals->states));
  CHECK(by_name(figures->states).at("read") == 1);
  REQUIRE(figures->positions.size() == 2);
  CHECK(figures->positions[0].station == "S1");
  CHECK(figures->positions[0].epoch == 77);  // the newest
  CHECK(figures->positions[0].contiguous == 1);
  CHECK(figures->positions[0].updated_at == at(30));
  CHECK(figures->no_reads.size() == totals->no_reads.size());
  CHECK(figures->suspects_open == 1);
  CHECK(figures->meters == 1);
  CHECK(figures->conflicts == 0);
  CHECK(figures->orders_open == 0);
  const auto notices = store.notices(kMeter, 0, 100);
  REQUIRE(notices);
  CHECK(figures->notices == static_cast<std::int64_t>(notices->size()));
  CHECK(figures->notices > 0);

  REQUIRE(store.review({"S1", 77, 1}, Review::dismissed, "ada", at(40)));
  CHECK(store.figures()->suspects_open == 0);

  metrics::Page page;
  add_metrics(page, *figures, at(100));
  CHECK_THAT(page.text(),
             ContainsSubstring("backstamp_dc_station_last_event_age_seconds{station=\"S1\"} 70\n"));
  CHECK_THAT(page.text(), ContainsSubstring("backstamp_dc_pieces{state=\"read\"} 1\n"));
  CHECK_THAT(
      page.text(),
      ContainsSubstring("backstamp_dc_no_reads_total{station=\"S2\",cause=\"camera_lost\"} 1\n"));
}

TEST_CASE("a data center serves its pages, and says that its meter box is away") {
  const TemporaryFolder folder;
  NewFolder wanted;
  wanted.folder = folder / "dc";
  wanted.hosts = {"127.0.0.1"};
  wanted.https_port = 0;
  wanted.uplink_port = 0;
  const auto path = make_folder(wanted);
  REQUIRE(path);
  Config config = load_config(*path).value();
  config.monitoring = MonitoringConfig{};
  config.meterbox = Config::MeterBox{folder / "no-box", std::chrono::milliseconds(500)};
  std::mutex mutex;
  std::vector<std::string> alarms;
  auto center = DataCenter::start(
      config, [](const std::string&) {},
      [&](const Alarm& alarm) {
        const std::scoped_lock guard(mutex);
        alarms.push_back(alarm.name);
      });
  REQUIRE(center);
  const std::uint16_t port = center->monitoring_port();
  REQUIRE(port != 0);
  const auto standing = [&] {
    return nlohmann::json::parse(test::plain_get(port, "/alarms").body);
  };
  for (int i = 0; i < 200 && standing().empty(); ++i) ::usleep(20'000);
  REQUIRE(standing().size() == 1);
  CHECK(standing()[0]["name"] == "meterbox-lost");
  const auto health = test::plain_get(port, "/healthz");
  CHECK(health.status == 200);  // mail is joined all the same
  CHECK(nlohmann::json::parse(health.body)["state"] == "serving");
  const std::string figures = test::plain_get(port, "/metrics").body;
  for (const char* line : {"backstamp_dc_meterbox_up 0\n", "backstamp_dc_meters 0\n",
                           "backstamp_dc_pieces{state=\"registered\"} 0\n",
                           "backstamp_dc_requests_total{status=\"2xx\"} 0\n",
                           "backstamp_dc_uplink_refused_total{why=\"handshake\"} 0\n",
                           "backstamp_alarm{name=\"meterbox-lost\",source=\"meterbox\"} 1\n"}) {
    CHECK_THAT(figures, ContainsSubstring(line));
  }
  const std::uint64_t before = center->progress();
  for (int i = 0; i < 500 && center->progress() == before; ++i) ::usleep(20'000);
  CHECK(center->progress() > before);
  const std::scoped_lock guard(mutex);
  CHECK(alarms == std::vector<std::string>{"meterbox-lost"});
}

}  // namespace backstamp::datacenter
