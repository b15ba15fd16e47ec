// Whoever talks nonsense to the station's port: each is closed, counted and told of once, and the
// control that behaves notices nothing.
#include <algorithm>
#include <array>
#include <fstream>
#include <random>

#include "link_fixture.h"
#include "station/telegram_client.h"
#include "telegram_stranger.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::test;
using stranger::Control;
using stranger::Telegram;

/// Memory of this process that is in use.
std::size_t resident_pages() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident;
}

struct Hostile {
  Hostile() {
    TelegramConfig config;
    config.port = 0;
    config.heartbeat = 50ms;
    config.silence = 400ms;
    link = serve_telegram(config, 4, told.input(), told.alarms()).value();
  }
  std::uint64_t nonsense() const { return link->counters().nonsense; }
  Told told;
  std::unique_ptr<SorterLink> link;
};

}  // namespace

TEST_CASE("nonsense ends the connection, is counted, and is one alarm however much there is") {
  Hostile station;
  Telegram bad_lane = stranger::trigger(1, 1, 4);
  Telegram unknown = stranger::heartbeat();
  unknown[3] = 99;
  Telegram from_station = stranger::heartbeat();
  from_station[3] = 18;
  Telegram version = stranger::hello(0, 0, 7);
  version[2] = 2;
  Telegram spare = stranger::heartbeat();
  spare.push_back(0);
  std::uint64_t wanted = 0;
  for (const Telegram& bad : {bad_lane, unknown, from_station, spare, stranger::hello(0, 0, 7)}) {
    Control control(station.link->port());
    control.send(stranger::hello(0, 0, 7));
    REQUIRE_FALSE(control.receive(17).empty());
    control.send(bad);
    const Telegram farewell = control.receive(21);
    REQUIRE(farewell.size() == 12);
    CHECK(farewell[8] == 1);
    CHECK(control.closed());
    CHECK(station.nonsense() == ++wanted);
  }
  for (const Telegram& bad : {version, stranger::heartbeat(), stranger::trigger(1, 1, 0),
                              Telegram{'G', 'E', 'T', ' ', '/', '\r', '\n'}}) {
    Control control(station.link->port());
    bad.size() < 8 ? control.send_raw(bad) : control.send(bad);
    const Telegram farewell = control.receive(21);
    REQUIRE(farewell.size() == 12);
    CHECK(farewell[8] == (bad == version ? 2 : 1));
    CHECK(control.closed());
    CHECK(station.nonsense() == ++wanted);
  }
  CHECK(station.told.count("sorter-nonsense", true) == 1);
  CHECK(station.told.triggers().empty());
}

TEST_CASE("a number left out or used twice ends the connection") {
  Hostile station;
  for (const auto number : std::array<unsigned char, 2>{1, 3}) {
    Control control(station.link->port());
    control.send(stranger::hello(0, 0, 7));
    REQUIRE_FALSE(control.receive(17).empty());
    control.send_raw({0, 8, 1, 2, 0, 0, 0, number});
    CHECK(control.closed());
  }
  CHECK(station.nonsense() == 2);
}

TEST_CASE("a telegram that never ends is silence, however often a byte of it comes") {
  Hostile station;
  Control control(station.link->port());
  const Telegram hello = stranger::hello(0, 0, 7);
  const auto begun = std::chrono::steady_clock::now();
  std::jthread drip([&](const std::stop_token& stop) {
    for (std::size_t i = 0; i + 1 < hello.size() && !stop.stop_requested(); ++i) {
      control.send_raw({i == 1 ? std::uint8_t{32} : hello[i]});
      std::this_thread::sleep_for(100ms);
    }
  });
  CHECK(control.closed());
  CHECK(std::chrono::steady_clock::now() - begun < 3s);
  CHECK(station.nonsense() == 0);
}

TEST_CASE("a flood is closed, and the control beside it has its decisions") {
  Hostile station;
  TelegramClientOptions options;
  options.port = station.link->port();
  options.heartbeat = 50ms;
  TelegramClient honest(options);
  REQUIRE(soon([&] { return honest.connected(); }));
  Control control(station.link->port());
  Telegram listener = stranger::hello(0, 0, 9);
  listener[28] = 1;
  control.send(listener);
  for (int i = 0; i < 12'000; ++i) control.send(stranger::heartbeat());
  CHECK(control.closed());
  CHECK(station.nonsense() == 1);
  station.link->decide(decision_of(1));
  CHECK(honest.next(5s).has_value());
  CHECK(station.link->counters().links_lost == 0);
}

TEST_CASE("strangers that say nothing keep no control out") {
  Hostile station;
  std::vector<std::unique_ptr<Control>> strangers;
  for (int i = 0; i < 60; ++i) {
    strangers.push_back(std::make_unique<Control>(station.link->port()));
  }
  TelegramClientOptions options;
  options.port = station.link->port();
  options.heartbeat = 50ms;
  TelegramClient honest(options);
  REQUIRE(soon([&] { return honest.connected(); }));
  for (auto& one : strangers) CHECK(one->closed());
  CHECK(honest.connected());
}

TEST_CASE("random bytes and random telegrams close connections and nothing else") {
  Hostile station;
  std::mt19937 random(20261126);
  for (int i = 0; i < 60; ++i) {
    Control control(station.link->port());
    if (i % 2 == 0) {
      control.send(stranger::hello(0, 0, 7));
      REQUIRE_FALSE(control.receive(17).empty());
    }
    Telegram bytes(1 + random() % 300);
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random());
    if (i % 3 == 0) bytes[0] = 0;
    control.send_raw(bytes);
    CHECK(control.closed());
  }
  CHECK(station.told.count("sorter-nonsense", true) <= 1);
}

TEST_CASE("a control that never reads holds up nothing and is dropped and told of") {
  Hostile station;
  Control control(station.link->port());
  control.send(stranger::hello(0, 0, 7));
  REQUIRE(soon([&] { return station.link->counters().up; }));
  std::jthread alive([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      control.send(stranger::heartbeat());
      std::this_thread::sleep_for(50ms);
    }
  });
  std::chrono::nanoseconds longest{};
  std::uint64_t piece = 0;
  while (station.link->counters().links_lost == 0 && piece < 3'000'000) {
    const SorterDecision decision = decision_of(++piece);
    const auto before = std::chrono::steady_clock::now();
    station.link->decide(decision);
    longest =
        std::max<std::chrono::nanoseconds>(longest, std::chrono::steady_clock::now() - before);
    if (piece % 32 == 0) std::this_thread::sleep_for(1ms);
  }
  alive.request_stop();
  CHECK(station.link->counters().links_lost == 1);
  CHECK(soon([&] { return station.told.count("sorter-lost", true) == 1; }));
  CHECK(station.link->counters().decisions == piece);
  const std::size_t before = resident_pages();
  for (int i = 0; i < 400'000; ++i) station.link->decide(decision_of(++piece));
  CHECK(resident_pages() < before + 3072);  // were they kept, it would be twice as many
  // What a stalled client costs would be seconds; this is what the scheduler may take.
  INFO("longest call of decide: " << longest.count() << " ns");
  CHECK(longest < 300ms);
  WARN("longest call of decide: " << longest.count() / 1000 << " us of " << piece);
}
