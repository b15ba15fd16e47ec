// The sections `sorter` and `sorting` of a configuration.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "station/sort_plan.h"
#include "station/sorter.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;

/// What `read` makes of the text, or every fault of it.
template <typename T>
Result<T> of(const char* text, T (*read)(yaml::Section)) {
  auto document = yaml::Document::parse(text, "station.yaml").value();
  T made = read(document.root());
  if (auto finished = document.finish(); !finished) return std::unexpected(finished.error());
  return made;
}

void check_faults(const std::string& message, const std::vector<std::string>& wanted) {
  INFO(message);
  for (const std::string& fault : wanted) CHECK(message.find(fault) != std::string::npos);
  CHECK(std::count(message.begin(), message.end(), '\n') + 1 ==
        static_cast<std::ptrdiff_t>(wanted.size()));
}

}  // namespace

TEST_CASE("links to the sorter are read as they are written") {
  const auto config = of(R"(fallback: everything to the reject bin
telegram:
  address: 192.168.10.2
  port: 7601
  heartbeat: 100ms
  silence: 1s
  keep: 1000
modbus:
  port: 502
lines:
  - lane: 2
    chip: /dev/gpiochip0
    active_low: true
    divert_line: 5
    pulse: 40ms
)",
                         &read_sorter);
  REQUIRE(config.has_value());
  REQUIRE(config->telegram.has_value());
  CHECK(config->telegram->address == "192.168.10.2");
  CHECK(config->telegram->port == 7601);
  CHECK(config->telegram->heartbeat == 100ms);
  CHECK(config->telegram->silence == 1s);
  CHECK(config->telegram->keep == 1000);
  CHECK(config->telegram->fallback == "everything to the reject bin");
  REQUIRE(config->modbus.has_value());
  CHECK(config->modbus->port == 502);
  CHECK(config->modbus->silence == 2s);
  CHECK(config->modbus->fallback == "everything to the reject bin");
  REQUIRE(config->discrete.size() == 1);
  CHECK(config->discrete[0].lane == 1);
  CHECK(config->discrete[0].active_low);
  CHECK(config->discrete[0].divert_line == 5);
  CHECK(config->discrete[0].ready_line == 1);
  CHECK(config->discrete[0].pulse == 40ms);
}

TEST_CASE("every fault of the links is told with its line") {
  const auto config = of(R"(telegram:
  address: plc
  heartbeat: 1s
  silence: 1500ms
  keep: 1
  speed: 4
lines:
  - lane: 2
    chip: /dev/gpiochip0
    jam_input: 0
  - lane: 2
    chip: /dev/gpiochip1
    divert_line: 32
)",
                         &read_sorter);
  REQUIRE_FALSE(config.has_value());
  check_faults(config.error().message,
               {"station.yaml:2: telegram.address", "station.yaml:4: telegram.silence",
                "station.yaml:5: telegram.keep", "station.yaml:6: telegram.speed", "divert_line",
                "station.yaml:11: lines[1].lane", "station.yaml:13: lines[1].divert_line"});
}

TEST_CASE("sort plans are read with their days and times") {
  const auto plans = of(R"(zone: Europe/Berlin
cutover: 4h
plans:
  - name: winter
    from: 2026-12-01
    accepted: 3
    rules:
      - name: registered
        code_begins: ["s10:RR", "s10:RA"]
        outlet: 9
      - name: copies
        decisions: [divert]
        reasons: [duplicate]
        verdicts: [genuine, forged]
        services: 270-279
        outlet: 10
  - name: autumn
    from: "2026-09-01T05:00:00Z"
)",
                        &read_sort_plans);
  REQUIRE(plans.has_value());
  CHECK(plans->postal_day().zone() == "Europe/Berlin");
  CHECK(plans->postal_day().cutover() == 4h);
  const SortPlan& winter = plans->at(parse_utc("2026-12-01T03:00:00Z").value());
  CHECK(winter.name == "winter");
  CHECK(plans->at(parse_utc("2026-12-01T02:59:59Z").value()).name == "autumn");
  CHECK(winter.accepted == 3);
  CHECK(winter.diverted == 2);
  REQUIRE(winter.rules.size() == 2);
  CHECK(winter.rules[0].code_begins == std::vector<std::string>{"s10:RR", "s10:RA"});
  CHECK(winter.rules[1].reasons == std::vector{postal::Reason::duplicate});
  CHECK(winter.rules[1].services == std::pair<std::uint16_t, std::uint16_t>(270, 279));
}

TEST_CASE("without plans there are two outlets, which may be named") {
  const auto plans = of("accepted: 7\n", &read_sort_plans);
  REQUIRE(plans.has_value());
  CHECK(plans->at({}).accepted == 7);
  CHECK(plans->at({}).diverted == 2);
}

TEST_CASE("every fault of a sort plan is told with its line") {
  const auto plans = of(R"(zone: Europe/Atlantis
cutover: 90s
plans:
  - name: Winter
    from: soon
    rules:
      - name: registered
        code_begins: [RR]
        reasons: [dupe]
        services: 5-4
        outlet: 0
)",
                        &read_sort_plans);
  REQUIRE_FALSE(plans.has_value());
  check_faults(plans.error().message,
               {"station.yaml:1: zone", "station.yaml:2: cutover", "station.yaml:4: plans[0].name",
                "station.yaml:5: plans[0].from", "code_begins", "reasons", "services", "outlet"});
  const auto same = of(R"(plans:
  - name: a
    from: 2026-12-01
  - name: b
    from: 2026-12-01
)",
                       &read_sort_plans);
  REQUIRE_FALSE(same.has_value());
  check_faults(same.error().message, {"plans"});
}

TEST_CASE("the links that are configured are served, and all of them are told") {
  const auto config = of("telegram:\n  port: 0\nmodbus:\n  port: 0\n", &read_sorter);
  REQUIRE(config.has_value());
  auto served = serve_sorter(*config, 4, {}, {});
  REQUIRE(served.has_value());
  REQUIRE(served->links.size() == 2);
  CHECK(served->links[0].name == "telegram");
  CHECK(served->links[1].name == "modbus");
  served->all->decide({});
  served->all->state(VisionState::ready);
  served->all->alarms(1);
  for (const auto& link : served->links) {
    CHECK(link.link->counters().decisions == 1);
    CHECK(link.link->port() != 0);
  }
  SorterConfig taken;
  taken.telegram = TelegramConfig{};
  taken.telegram->port = served->links[1].link->port();
  CHECK(serve_sorter(taken, 4, {}, {}).error().kind == ErrorKind::io);
  SorterConfig lines;
  lines.discrete.emplace_back().lane = 4;
  CHECK(serve_sorter(lines, 4, {}, {}).error().kind == ErrorKind::invalid);
  CHECK(serve_sorter({}, 4, {}, {}).value().links.empty());
}
