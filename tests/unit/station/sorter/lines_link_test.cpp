#include "link_fixture.h"
#include "tests/support/memory_lines.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::test;

struct Lane {
  Lane() {
    config.lane = 1;
    config.pulse = 10ms;
    config.fallback = "the belt stops";
    link = drive_lines(config, lines.lines(), told.input(), told.alarms()).value();
  }
  SorterDecision divert(std::uint32_t lane = 1) const {
    SorterDecision decision = decision_of(1);
    decision.lane = lane;
    decision.decision = postal::Decision::divert;
    decision.late = false;
    return decision;
  }
  std::size_t pulses() const { return lines.edges(config.divert_line).size() / 2; }

  DiscreteConfig config;
  MemoryLines lines;
  Told told;
  std::unique_ptr<SorterLink> link;
};

}  // namespace

TEST_CASE("each piece to be diverted is one pulse, with a pause before the next") {
  Lane lane;
  for (int i = 0; i < 5; ++i) lane.link->decide(lane.divert());
  REQUIRE(soon([&] { return lane.pulses() == 5; }));
  const auto edges = lane.lines.edges(lane.config.divert_line);
  REQUIRE(edges.size() == 10);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    CHECK(edges[i].high == (i % 2 == 0));
    if (i == 0) continue;
    CHECK(edges[i].at - edges[i - 1].at >= (i % 2 == 1 ? 9ms : 4ms));
  }
  CHECK(lane.link->counters().decisions == 5);
  CHECK(lane.link->counters().dropped == 0);
}

TEST_CASE("accepted pieces, other lanes' pieces and late ones give no pulse") {
  Lane lane;
  SorterDecision accepted = lane.divert();
  accepted.decision = postal::Decision::accept;
  SorterDecision late = lane.divert();
  late.late = true;
  SorterDecision due = lane.divert();
  due.due = due.decided + 15ms;
  lane.link->decide(accepted);
  lane.link->decide(lane.divert(0));
  lane.link->decide(late);
  lane.link->decide(lane.divert());
  lane.link->decide(lane.divert());
  lane.link->decide(lane.divert());
  lane.link->decide(due);  // its turn would come after three pulses: too late by then
  REQUIRE(soon([&] { return lane.pulses() == 3; }));
  std::this_thread::sleep_for(30ms);
  CHECK(lane.pulses() == 3);
  CHECK(lane.link->counters().dropped == 2);
  CHECK(lane.link->counters().decisions == 6);
  CHECK(lane.link->counters().late == 1);
}

TEST_CASE("the ready line is high while decisions can be relied on, and low when the link ends") {
  Lane lane;
  const unsigned ready = lane.config.ready_line;
  CHECK_FALSE(lane.lines.output(ready));
  for (const VisionState state : {VisionState::ready, VisionState::continuous_execution}) {
    lane.link->state(state);
    CHECK(soon([&] { return lane.lines.output(ready); }));
    lane.link->state(VisionState::error);
    CHECK(soon([&] { return !lane.lines.output(ready); }));
  }
  lane.link->state(VisionState::ready);
  REQUIRE(soon([&] { return lane.lines.output(ready); }));
  lane.link.reset();
  CHECK_FALSE(lane.lines.output(ready));
}

TEST_CASE("a rising edge is a trigger, and the other inputs are the machine's state") {
  Lane lane;
  REQUIRE(soon([&] { return lane.told.machine().size() == 1; }));
  CHECK(lane.told.machine()[0] == std::pair{1u, MachineState::stopped});
  lane.lines.input(lane.config.running_input, true);
  REQUIRE(soon([&] { return lane.told.machine().size() == 2; }));
  CHECK(lane.told.machine()[1].second == MachineState::running);
  for (int i = 0; i < 10; ++i) {
    lane.lines.input(lane.config.trigger_input, true);
    REQUIRE(soon([&] { return lane.told.triggers().size() == static_cast<std::size_t>(i) + 1; }));
    lane.lines.input(lane.config.trigger_input, false);
    const std::uint64_t reads = lane.lines.reads();
    REQUIRE(soon([&] { return lane.lines.reads() > reads + 1; }));
  }
  CHECK(lane.told.triggers()[9].lane == 1);
  CHECK(lane.told.triggers()[9].machine_piece == 0);
  lane.lines.input(lane.config.jam_input, true);
  REQUIRE(soon([&] { return lane.told.machine().size() == 3; }));
  CHECK(lane.told.machine()[2].second == MachineState::jammed);
  CHECK(lane.link->counters().triggers == 10);
}

TEST_CASE("lines that do not answer are one alarm with the fallback, taken back when they do") {
  Lane lane;
  lane.link->state(VisionState::ready);
  REQUIRE(soon([&] { return lane.lines.output(lane.config.ready_line); }));
  lane.lines.break_down(true);
  REQUIRE(soon([&] { return lane.told.count("sorter-lost", true) == 1; }));
  std::this_thread::sleep_for(20ms);
  CHECK(lane.told.count("sorter-lost", true) == 1);
  CHECK(lane.told.all("sorter-lost", true)[0].source == "lines/2");
  CHECK(lane.told.all("sorter-lost", true)[0].remedy.find("the belt stops") != std::string::npos);
  CHECK_FALSE(lane.link->counters().up);
  lane.lines.break_down(false);
  REQUIRE(soon([&] { return lane.told.count("sorter-lost", false) == 1; }));
  CHECK(lane.link->counters().up);
  CHECK(lane.link->counters().links_lost == 1);
  lane.link->decide(lane.divert());
  CHECK(soon([&] { return lane.pulses() == 1; }));
}

TEST_CASE("a GPIO device that is not there, or is none, is told by its name") {
  DiscreteConfig config;
  config.chip = "/nowhere/gpiochip0";
  CHECK(open_gpio(config).error().message.find(config.chip) != std::string::npos);
  config.chip = "/dev/null";
  const auto opened = open_gpio(config);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().message.find(config.chip) != std::string::npos);
}
