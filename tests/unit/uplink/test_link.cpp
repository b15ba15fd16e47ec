// Sender and receiver over loopback.
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/uplink/center.h"
#include "tests/unit/uplink/relay.h"
#include "tests/unit/uplink/station.h"

namespace backstamp::uplink {
namespace {

using namespace std::chrono_literals;
using test::Center;
using test::same_content;
using test::sample_event;
using test::Station;
using test::wait_until;

TEST_CASE("what a station commits arrives at the data center once, in order") {
  Station station;
  Center center({{station.keys.public_key, "leeds-7"}});
  station.append(1, 1000);
  auto sender = Sender::start(station.sender_options(center.endpoint(), center.keys().public_key),
                              *station.log);
  REQUIRE(sender);
  CHECK(sender->drain(20s));
  station.append(1001, 1500);
  CHECK(sender->drain(20s));
  CHECK(sender->status().state == LinkState::connected);
  CHECK(sender->status().acknowledged == 1500);
  CHECK(station.log->acknowledged() == 1500);
  const auto events = center.events("leeds-7", station.log->epoch());
  REQUIRE(events.size() == 1500);
  for (std::uint64_t piece = 1; piece <= 1500; ++piece)
    CHECK(same_content(events[piece - 1], sample_event(piece)));
  CHECK(center.counters().gaps == 0);
  CHECK(center.counters().refused_handshakes == 0);
}

TEST_CASE("a station that is not in the list is told that it is refused") {
  Station station;
  Center center({});
  station.append(1, 5);
  auto sender = Sender::start(station.sender_options(center.endpoint(), center.keys().public_key),
                              *station.log);
  REQUIRE(sender);
  CHECK(wait_until([&] { return sender->status().state == LinkState::refused; }));
  CHECK(sender->status().detail.find("does not know this key") != std::string::npos);
  CHECK(wait_until([&] { return center.counters().refused_handshakes > 0; }));
  CHECK(center.stored() == 0);
}

TEST_CASE("a wrong key of the data center reads as refused, no data center as down") {
  Station station;
  Center center({{station.keys.public_key, "leeds-7"}});
  auto wrong = Sender::start(
      station.sender_options(center.endpoint(), generate_curve_keys()->public_key), *station.log);
  REQUIRE(wrong);
  CHECK(wait_until([&] { return wrong->status().state == LinkState::refused; }));
  CHECK(wrong->status().detail.find("public key") != std::string::npos);

  auto nobody = Sender::start(station.sender_options("tcp://127.0.0.1:1", center.keys().public_key),
                              *station.log);
  REQUIRE(nobody);
  CHECK(wait_until([&] { return nobody->status().state == LinkState::down; }));
}

TEST_CASE("a station that speaks as another is refused and nothing is stored") {
  Station impostor("york-1");  // its spool says york-1, its key belongs to leeds-7
  Center center({{impostor.keys.public_key, "leeds-7"}});
  impostor.append(1, 5);
  auto sender = Sender::start(impostor.sender_options(center.endpoint(), center.keys().public_key),
                              *impostor.log);
  REQUIRE(sender);
  CHECK(wait_until([&] { return center.counters().impostors > 0; }));
  CHECK(wait_until([&] { return sender->status().state == LinkState::refused; }));
  CHECK(center.stored() == 0);
}

TEST_CASE("a store that fails is not acknowledged, and everything arrives once it works again") {
  Station station;
  Center center({{station.keys.public_key, "leeds-7"}});
  center.break_store(true);
  station.append(1, 50);
  auto sender = Sender::start(station.sender_options(center.endpoint(), center.keys().public_key),
                              *station.log);
  REQUIRE(sender);
  CHECK(wait_until([&] { return !sender->status().detail.empty(); }));
  CHECK(station.log->acknowledged() == 0);
  center.break_store(false);
  CHECK(sender->drain(20s));
  CHECK(center.stored() == 50);
}

TEST_CASE("a data center restored from an old copy gets again what it lost") {
  Station station;
  Center center({{station.keys.public_key, "leeds-7"}});
  station.append(1, 600);
  auto sender = Sender::start(station.sender_options(center.endpoint(), center.keys().public_key),
                              *station.log);
  REQUIRE(sender);
  REQUIRE(sender->drain(20s));
  center.forget_after("leeds-7", station.log->epoch(), 100);
  station.append(601, 700);
  CHECK(wait_until([&] { return center.stored() == 700; }));
  CHECK(center.counters().gaps > 0);
}

TEST_CASE("a spool put back to an older copy sends nothing new under numbers that are taken") {
  Station station;
  Center center({{station.keys.public_key, "leeds-7"}});
  const std::string endpoint = center.endpoint();
  const auto options = station.sender_options(endpoint, center.keys().public_key);
  const auto spool = station.folder.path() / "spool";
  const auto copy = station.folder.path() / "copy";
  for (const std::uint64_t first : {1u, 11u}) {
    auto sender = Sender::start(options, *station.log);
    station.append(first, first + 9);
    REQUIRE(sender->drain(30s));
    sender = fail(ErrorKind::internal, "gone");
    station.log.reset();
    if (first == 1) std::filesystem::copy(spool, copy);
    station.open();
  }
  station.log.reset();
  std::filesystem::remove_all(spool);
  std::filesystem::rename(copy, spool);
  station.open();
  REQUIRE(station.log->committed() == 10);
  auto sender = Sender::start(options, *station.log);
  REQUIRE(sender);
  const auto append = [&](std::uint64_t piece) {
    const auto sequence = station.log->append(sample_event(piece));
    REQUIRE(station.log->wait_committed(*sequence, 10s));
  };
  for (std::uint64_t piece = 111; piece <= 140; ++piece) append(piece);
  const auto refused = [&] { return sender->status().state == LinkState::refused; };
  CHECK(wait_until(refused));
  CHECK(sender->status().detail.find("lost its end") != std::string::npos);
  center.stop();
  CHECK(wait_until([&] { return sender->status().state == LinkState::down; }));
  append(141);
  center.start(endpoint);
  CHECK(wait_until(refused));
  CHECK(center.stored() == 20);
  CHECK(center.contradictions() == 0);
}

TEST_CASE("over a link that breaks all the time every event is stored exactly once") {
  for (std::uint64_t seed = 1; seed <= (std::getenv("BACKSTAMP_LONG") ? 40u : 1u); ++seed) {
    CAPTURE(seed);
    Station station;
    Center center({{station.keys.public_key, "leeds-7"}});
    test::LossyRelay relay(test::port_of(center.endpoint()), seed, 120'000);
    station.append(1, 1000);
    auto sender = Sender::start(station.sender_options(relay.endpoint(), center.keys().public_key),
                                *station.log);
    REQUIRE(sender);
    station.append(1001, 2500);
    REQUIRE(wait_until([&] { return station.log->acknowledged() >= 2000; }));
    CHECK(relay.cuts() >= 5);
    relay.become_reliable();
    REQUIRE(sender->drain(30s));
    const auto events = center.events("leeds-7", station.log->epoch());
    REQUIRE(events.size() == 2500);
    for (std::uint64_t piece = 1; piece <= 2500; ++piece)
      REQUIRE(same_content(events[piece - 1], sample_event(piece)));
    CHECK(center.contradictions() == 0);
  }
}

TEST_CASE("stations and data centers that restart lose nothing and store nothing twice") {
  Station station;
  Center center({{station.keys.public_key, "leeds-7"}});
  const std::string endpoint = center.endpoint();
  const auto epoch = station.log->epoch();
  std::uint64_t piece = 0;
  for (int round = 0; round < 4; ++round) {
    auto sender =
        Sender::start(station.sender_options(endpoint, center.keys().public_key), *station.log);
    REQUIRE(sender);
    station.append(piece + 1, piece + 300);
    piece += 300;
    if (round % 2 == 0) {
      center.stop();
      station.append(piece + 1, piece + 100);
      piece += 100;
      CHECK(wait_until([&] { return sender->status().state == LinkState::down; }));
      center.start(endpoint);
      REQUIRE(sender->drain(30s));
    }
    sender = Sender::start(station.sender_options(endpoint, center.keys().public_key),
                           *station.log);  // the old one goes with what it had in flight
    REQUIRE(sender->drain(30s));
  }
  CHECK(center.events("leeds-7", epoch).size() == piece);
  CHECK(center.contradictions() == 0);
}

}  // namespace
}  // namespace backstamp::uplink
