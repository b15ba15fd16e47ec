#include "station/config.h"

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;

const std::string kWhole = R"(station: SORTER-7.LANE-2
source:
  path: faces
  pieces_per_hour: 36000
profile: profile.yaml
read:
  workers: 2
  formats: DataMatrix,IMb
  deadline: 60ms
  effort: 40000
  repair:
    matrix_words: 8
    four_state_bars: 2
keys:
  bundle: keys.bundle
  root: root.pub
  stale_after: 36h
  when_stale: divert
  clock_tolerance: 2min
  clock_unconfirmed: 10d
  when_clock_untrusted: stop
policy:
  mailed_at_most_ago: 10d
  mailed_at_most_ahead: 2d
  minimum_postage: "0.406"
  accept_unverified: false
  accept_without_indicium: true
  precedence: s10,imb
journal:
  directory: /var/lib/journal
  segment_megabytes: 16
  commit_interval: 1ms
  keep_acknowledged: 45d
uplink:
  endpoint: tcp://127.0.0.1:7650
  station_key: station.secret
  server_key: server.public
  drain: 5s
evidence:
  directory: evidence
  redaction: none
  suspects: false
  sample_each: 1000
  meters: ["12/3456", "12/3457"]
  quota_megabytes:
    no_read: 2048
    crash: 16
  keep: 14d
  free_megabytes: 5000
role: delivery
place: LEEDS
pass: 3
duplicates:
  same_machine: 5s
  refeed_window: 20min
  standstill: 15s
  track: 40s
)";

Result<station::StationConfig> load(const test::TemporaryFolder& folder, const std::string& text) {
  const auto file = folder.path() / "station.yaml";
  REQUIRE(write_file_durably(file, as_bytes(text)));
  return station::load_config(file);
}

}  // namespace

TEST_CASE("a whole station configuration is read, paths from its own folder") {
  const test::TemporaryFolder folder;
  const auto config = load(folder, kWhole);
  REQUIRE(config);
  CHECK(config->station == "SORTER-7.LANE-2");
  CHECK(config->role == postal::StationRole::delivery);
  CHECK(config->place == "LEEDS");
  CHECK(config->pass == 3);
  CHECK(config->source.path == folder.path() / "faces");
  CHECK(config->source.pieces_per_hour == 36000);
  CHECK(config->workers == 2);
  CHECK(config->formats.has(postal::Symbology::imb));
  CHECK_FALSE(config->formats.has(postal::Symbology::aztec));
  CHECK(config->deadline == std::chrono::milliseconds(60));
  CHECK(config->effort == 40'000);
  CHECK(config->repair == vision::RepairLimits{.matrix_words = 8, .four_state_bars = 2});
  CHECK(config->keys.bundle == folder.path() / "keys.bundle");
  CHECK(config->keys.root == folder.path() / "root.pub");
  CHECK(config->keys.stale_after == std::chrono::hours(36));
  CHECK(config->keys.when_stale == station::WhenUnsure::divert);
  CHECK(config->keys.clock.tolerance == std::chrono::minutes(2));
  CHECK(config->keys.clock.unconfirmed == std::chrono::days(10));
  CHECK(config->keys.when_clock_untrusted == station::WhenUnsure::stop);
  CHECK(config->policy.precedence.kinds == std::vector<std::size_t>{1, 0});
  CHECK(config->policy.mailed_at_most_ago == std::chrono::days(10));
  CHECK(config->policy.minimum_postage.mills == 406);
  CHECK_FALSE(config->policy.accept_unverified);
  CHECK(config->policy.accept_without_indicium);
  CHECK(config->duplicates.same_machine == std::chrono::seconds(5));
  CHECK(config->duplicates.refeed_window == std::chrono::minutes(20));
  CHECK(config->duplicates.standstill == std::chrono::seconds(15));
  CHECK(config->duplicates.track == std::chrono::seconds(40));
  CHECK(config->journal.directory == "/var/lib/journal");
  CHECK(config->journal.segment_bytes == 16u << 20);
  REQUIRE(config->uplink);
  CHECK(config->uplink->station_key == folder.path() / "station.secret");
  CHECK(config->uplink->drain == std::chrono::seconds(5));
  REQUIRE(config->evidence);
  CHECK(config->evidence->directory == folder.path() / "evidence");
  CHECK(config->evidence->redaction == station::Redaction::none);
  CHECK(config->evidence->no_reads);
  CHECK_FALSE(config->evidence->suspects);
  CHECK(config->evidence->sample_each == 1000);
  CHECK(config->evidence->meters.at(1) == std::pair(12u, 3457u));
  CHECK(config->evidence->quotas[0] == 16u << 20);
  CHECK(config->evidence->quotas[1] == 2048ull << 20);
  CHECK(config->evidence->quotas[2] == station::EvidenceConfig{}.quotas[2]);
  CHECK(config->evidence->keep == std::chrono::days(14));
  CHECK(config->evidence->free_bytes == 5000ull << 20);
}

TEST_CASE("every fault of a station configuration is named with its line and key") {
  const test::TemporaryFolder folder;
  struct Fault {
    std::string from;
    std::string to;
    std::string named;
  };
  const Fault faults[] = {
      {"station: SORTER-7.LANE-2", "station: \"../etc\"", ":1: station:"},
      {"pieces_per_hour: 36000", "pieces_per_hour: fast", ":4: source.pieces_per_hour:"},
      {"formats: DataMatrix,IMb", "formats: EAN13", ":8: read.formats:"},
      {"deadline: 60ms", "deadline: 60", ":9: read.deadline:"},
      {"minimum_postage: \"0.406\"", "minimum_postage: \"-1\"", ":25: policy.minimum_postage:"},
      {"effort: 40000", "effort: -1", ":10: read.effort:"},
      {"matrix_words: 8", "matrix_words: 2",
       ":12: read.repair.matrix_words: wanted 3 to 30 (less lets a damaged symbol pass for another "
       "content more than once in 2048), found"},
      {"matrix_words: 8", "matrix_words: 31", ":12: read.repair.matrix_words: wanted"},
      {"four_state_bars: 2", "bars: 2", ":13: read.repair.bars"},
      {"s10,imb", "s10,imb,s10", ":28: policy.precedence: wanted each of imb"},
      {"s10,imb", "s10,ean", ":28: policy.precedence: wanted each of imb"},
      {"endpoint: tcp://127.0.0.1:7650", "endpoint: hub", "uplink.endpoint:"},
      {"redaction: none", "redaction: some", "evidence.redaction: wanted"},
      {"sample_each: 1000", "sample_every: 1000", "evidence.sample_every"},
      {"\"12/3457\"", "\"12/3457x\"", "evidence.meters: wanted a list of \"ISSUER/METER\""},
      {"no_read: 2048", "no-read: 2048", "evidence.quota_megabytes.no-read"},
      {"crash: 16", "crash: 0", "evidence.quota_megabytes.crash: wanted"},
      {"keep: 14d", "keep: 14min", "evidence.keep: wanted"},
      {"keep: 14d", "limit_pictures: 50",
       "evidence.limit_pictures: wanted quota_megabytes (by class) and keep"},
      {"  root: root.pub\n", "", "keys.root"},
      {"when_stale: divert", "when_stale: guess", ":18: keys.when_stale: wanted"},
      {"stale_after: 36h", "stale_after: never", ":17: keys.stale_after: wanted"},
      {"role: delivery", "role: deliver", ": role: wanted"},
      {"place: LEEDS", "place: Leeds Mail Centre", ": place: wanted a name"},
      {"pass: 3", "pass: 0", ": pass: wanted"},
  };
  for (const Fault& fault : faults) {
    std::string text = kWhole;
    text.replace(text.find(fault.from), fault.from.size(), fault.to);
    const auto config = load(folder, text);
    INFO(fault.to);
    REQUIRE_FALSE(config);
    INFO(config.error().message);
    CHECK(config.error().message.find("station.yaml") != std::string::npos);
    CHECK(config.error().message.find(fault.named) != std::string::npos);
  }
}

TEST_CASE("without a word on effort, counted work ends reading before the deadline does") {
  const test::TemporaryFolder folder;
  const std::string effort = "  effort: 40000\n";
  std::string text = kWhole;
  text.erase(text.find(effort), effort.size());
  const auto config = load(folder, text);
  REQUIRE(config);
  CHECK(config->effort == 30'000);  // half of 60 ms
  CHECK(station::StationConfig{}.effort ==
        std::chrono::microseconds(station::StationConfig{}.deadline).count() / 2);
}

TEST_CASE("a source named on the command line stands for the file's") {
  const test::TemporaryFolder folder;
  std::string text = kWhole;
  const auto file = folder.path() / "station.yaml";
  REQUIRE(write_file_durably(file, as_bytes(text)));
  const auto with = station::load_config(file, "elsewhere");
  REQUIRE(with);
  CHECK(with->source.path == "elsewhere");
  CHECK(with->source.pieces_per_hour == 36000);
  const std::string source = "source:\n  path: faces\n  pieces_per_hour: 36000\n";
  text.erase(text.find(source), source.size());
  REQUIRE(write_file_durably(file, as_bytes(text)));
  CHECK(station::load_config(file, "elsewhere"));
  CHECK_FALSE(station::load_config(file));
}

TEST_CASE("what is asked of each service is a list, and each fault in it has its line") {
  const test::TemporaryFolder folder;
  std::string text = kWhole;
  const std::string at = "journal:\n";
  text.insert(text.find(at),
              "  services:\n    - numbers: 270-279\n      minimum_postage: \"0.5\"\n"
              "    - numbers: 310\n  other_services: false\n");
  const auto config = load(folder, text);
  REQUIRE(config);
  REQUIRE(config->policy.services.size() == 2);
  CHECK(config->policy.services[0].last == 279);
  CHECK(config->policy.services[0].minimum_postage.mills == 500);
  CHECK(config->policy.services[1].first == 310);
  CHECK_FALSE(config->policy.other_services);
  text.replace(text.find("270-279"), 7, "279-270");
  const auto wrong = load(folder, text);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find(":30: policy.services") != std::string::npos);
}
