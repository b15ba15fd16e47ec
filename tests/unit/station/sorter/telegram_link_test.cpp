#include <set>

#include "allocations.h"
#include "link_fixture.h"
#include "station/telegram_client.h"
#include "tests/support/cut_link.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::test;

TelegramConfig quick() {
  TelegramConfig config;
  config.port = 0;
  config.heartbeat = 50ms;
  config.silence = 1000ms;
  config.keep = 256;
  config.fallback = "the machine runs everything to outlet 99";
  return config;
}

TelegramClientOptions client_of(std::uint16_t port, std::uint32_t control = 1) {
  TelegramClientOptions options;
  options.port = port;
  options.heartbeat = 50ms;
  options.silence = 1000ms;
  options.control = control;
  return options;
}

}  // namespace

TEST_CASE("decisions, triggers and states go both ways") {
  Told told;
  auto link = serve_telegram(quick(), 4, told.input(), told.alarms()).value();
  TelegramClient client(client_of(link->port()));
  REQUIRE(soon([&] { return client.connected(); }));
  link->state(VisionState::continuous_execution);
  link->alarms(3);
  CHECK(client.trigger({2, 77, 123u, {}}));
  CHECK(client.trigger({3, 78, std::nullopt, {}}));
  CHECK(client.machine(1, MachineState::jammed));
  for (std::uint64_t piece = 1; piece <= 50; ++piece) link->decide(decision_of(piece));
  for (std::uint64_t piece = 1; piece <= 50; ++piece) {
    const auto got = client.next(5s);
    REQUIRE(got.has_value());
    CHECK(got->sequence == piece);
    CHECK(got->decision.piece == piece);
    CHECK(got->since_trigger >= got->age + 19ms);
    CHECK_FALSE(got->sent_again);
    check_decision(got->decision);
  }
  REQUIRE(soon([&] { return told.machine().size() == 1; }));
  const auto triggers = told.triggers();
  REQUIRE(triggers.size() == 2);
  CHECK(triggers[0].lane == 2);
  CHECK(triggers[0].machine_piece == 77);
  CHECK(triggers[0].encoder == 123u);
  CHECK_FALSE(triggers[1].encoder.has_value());
  CHECK(told.machine()[0] == std::pair{1u, MachineState::jammed});
  CHECK(soon([&] { return client.station_state() == VisionState::continuous_execution; }));
  CHECK(soon([&] { return client.station_alarms() == 3; }));
  const SorterCounters counters = link->counters();
  CHECK(counters.decisions == 50);
  CHECK(counters.late == 10);
  CHECK(counters.triggers == 2);
  CHECK(counters.up);
  CHECK(counters.nonsense == 0);
}

TEST_CASE("a decision that leaves after the sorter had to know is marked late") {
  Told told;
  auto link = serve_telegram(quick(), 1, told.input(), told.alarms()).value();
  SorterDecision decision = decision_of(1, 1);
  decision.due = decision.decided + 1ms;
  link->decide(decision);  // nobody is there to take it in time
  decision.due = decision.decided + 1h;
  link->decide(decision);
  std::this_thread::sleep_for(5ms);
  TelegramClient client(client_of(link->port()));
  const auto late = client.next(5s);
  const auto in_time = client.next(5s);
  REQUIRE((late && in_time));
  CHECK(late->decision.late);
  CHECK(late->age >= 5ms);
  CHECK_FALSE(in_time->decision.late);
  CHECK(link->counters().late == 1);
}

TEST_CASE("a control that falls silent is one alarm with the fallback, taken back when it speaks") {
  Told told;
  auto link = serve_telegram(quick(), 1, told.input(), told.alarms()).value();
  CutLink cable(link->port());
  TelegramClient client(client_of(cable.port()));
  REQUIRE(soon([&] { return client.connected(); }));
  client.machine(0, MachineState::running);
  REQUIRE(soon([&] { return told.machine().size() == 1; }));
  CHECK(told.count("sorter-lost", true) == 0);
  cable.stall(true);
  REQUIRE(soon([&] { return told.count("sorter-lost", true) == 1; }));
  CHECK_FALSE(link->counters().up);
  CHECK(link->counters().links_lost == 1);
  const Alarm alarm = told.all("sorter-lost", true)[0];
  CHECK(alarm.source == "telegram");
  CHECK(alarm.cause.find("nothing was heard of it") != std::string::npos);
  CHECK(alarm.remedy.find("outlet 99") != std::string::npos);
  CHECK(told.count("sorter-lost", false) == 0);
  cable.stall(false);
  REQUIRE(soon([&] { return told.count("sorter-lost", false) == 1; }));
  CHECK(told.count("sorter-lost", true) == 1);
  CHECK(soon([&] { return link->counters().up; }));
  REQUIRE(soon([&] { return told.machine().size() == 3; }));
  CHECK(told.machine()[1].second == MachineState::unknown);
  CHECK(told.machine()[2].second == MachineState::running);
}

TEST_CASE("what is no longer kept is told as missed, and numbering goes on") {
  Told told;
  auto link = serve_telegram(quick(), 4, told.input(), told.alarms()).value();
  CutLink cable(link->port());
  TelegramClient client(client_of(cable.port()));
  link->decide(decision_of(1));
  REQUIRE(client.next(5s).has_value());
  cable.down(true);
  cable.cut(false);
  REQUIRE(soon([&] { return !link->counters().up; }));
  for (std::uint64_t piece = 2; piece <= 301; ++piece) link->decide(decision_of(piece));
  cable.down(false);
  const auto first = client.next(5s);
  REQUIRE(first.has_value());
  CHECK(first->sequence == 301 - 256 + 1);
  for (std::uint64_t sequence = first->sequence + 1; sequence <= 301; ++sequence) {
    const auto got = client.next(5s);
    REQUIRE(got.has_value());
    CHECK(got->sequence == sequence);
    CHECK(got->decision.piece == sequence);
  }
  CHECK(client.counters().missed == 301 - 256 - 1);
  CHECK(link->counters().dropped == 301 - 256 - 1);
  CHECK(client.counters().restarts == 0);
}

TEST_CASE("another run of the station numbers anew and says so") {
  Told told;
  auto link = serve_telegram(quick(), 4, told.input(), told.alarms()).value();
  TelegramConfig config = quick();
  config.port = link->port();
  TelegramClient client(client_of(config.port));
  for (std::uint64_t piece = 1; piece <= 9; ++piece) link->decide(decision_of(piece));
  for (int i = 0; i < 9; ++i) REQUIRE(client.next(5s).has_value());
  link.reset();
  link = serve_telegram(config, 4, told.input(), told.alarms()).value();
  link->decide(decision_of(10));
  const auto got = client.next(5s);
  REQUIRE(got.has_value());
  CHECK(got->sequence == 1);
  CHECK(got->decision.piece == 10);
  CHECK(client.counters().restarts == 1);
  CHECK(client.counters().missed == 0);
  CHECK(client.counters().nonsense == 0);
}

TEST_CASE("the first control controls; the same one takes over, another one is turned away") {
  Told told;
  auto link = serve_telegram(quick(), 4, told.input(), told.alarms()).value();
  TelegramClient first(client_of(link->port(), 1));
  REQUIRE(soon([&] { return first.connected(); }));
  TelegramClient other(client_of(link->port(), 2));
  TelegramClientOptions listening = client_of(link->port(), 3);
  listening.listen = true;
  TelegramClient listener(listening);
  REQUIRE(soon([&] { return listener.connected(); }));
  link->decide(decision_of(1));
  CHECK(first.next(5s).has_value());
  CHECK(listener.next(5s).has_value());
  CHECK_FALSE(other.next(100ms).has_value());
  CHECK_FALSE(other.connected());
  CHECK(link->counters().links_lost == 0);
  CHECK(link->counters().nonsense == 0);
}

TEST_CASE("a listener that sends a trigger is closed, and its trigger is none") {
  Told told;
  auto link = serve_telegram(quick(), 4, told.input(), told.alarms()).value();
  TelegramClientOptions listening = client_of(link->port(), 3);
  listening.listen = true;
  TelegramClient listener(listening);
  REQUIRE(soon([&] { return listener.connected(); }));
  CHECK(listener.trigger({0, 1, std::nullopt, {}}));
  REQUIRE(soon([&] { return link->counters().nonsense == 1; }));
  CHECK(told.triggers().empty());
}

TEST_CASE("an address in use and a silence shorter than the heartbeat are refused") {
  Told told;
  auto link = serve_telegram(quick(), 1, told.input(), told.alarms()).value();
  TelegramConfig config = quick();
  config.port = link->port();
  const auto taken = serve_telegram(config, 1, told.input(), told.alarms());
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().kind == ErrorKind::io);
  config = quick();
  config.silence = 10ms;
  CHECK(serve_telegram(config, 1, {}, {}).error().kind == ErrorKind::invalid);
  config = quick();
  config.address = "the station";
  CHECK(serve_telegram(config, 1, {}, {}).error().kind == ErrorKind::invalid);
}

TEST_CASE("telling a decision takes no memory, with a control and without") {
  Told told;
  auto link = serve_telegram(quick(), 4, told.input(), told.alarms()).value();
  const auto taken_by = [&] {
    const SorterDecision decision = decision_of(1);
    const std::uint64_t before = allocations();
    for (int i = 0; i < 1000; ++i) link->decide(decision);
    return allocations() - before;
  };
  CHECK(taken_by() == 0);
  TelegramClient client(client_of(link->port()));
  REQUIRE(soon([&] { return client.connected(); }));
  CHECK(taken_by() == 0);
}
