#include "station/enrolment.h"

#include "key_fixture.h"
#include "station/key_memory.h"
#include "uplink/curve_keys.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;
using station::testing::kIssued;

/// A machine that is to become LANE-1, and the data center that lets it in.
struct Machine {
  Machine() {
    config.station = "LANE-1";
    config.keys = station.config;
    config.keys.bundle = station.folder / "keys.bundle";
    config.keys.root = station.folder / "trusted.pub";
    config.journal.directory = station.journal();
    config.uplink = UplinkConfig{"tcp://hall:7443", station.folder / "lane.secret",
                                 station.folder / "server.public"};
    REQUIRE(make_station_key(config));
  }
  uplink::Enrolment letter(std::uint64_t sequence, UtcTime time) const {
    const auto bundle = station.authority.bundle(sequence);
    return {"LANE-1",
            uplink::load_curve_public_key(station.folder / "lane.public").value(),
            "tcp://hall:7443",
            server.public_key,
            station.authority.root.public_key(),
            bundle.file(),
            station.authority.time(time, bundle.sequence())};
  }
  Result<KeyKeeper> open() {
    station.config = config.keys;
    return station.open();
  }

  testing::Station station;
  StationConfig config;
  uplink::CurveKeyPair server = uplink::generate_curve_keys().value();
};

}  // namespace

TEST_CASE("a letter brings a station its root, its first keys and the floor of its clock") {
  Machine machine;
  const UtcTime time = machine.station.now.clock;
  const auto enrolled = install_enrolment(machine.config, machine.letter(3, time), {});
  REQUIRE(enrolled);
  CHECK(enrolled->sequence == 4);
  CHECK(enrolled->time == time);
  CHECK(enrolled->root == machine.station.authority.root.id());
  CHECK_FALSE(enrolled->new_key);
  CHECK_FALSE(enrolled->other_endpoint);
  CHECK(uplink::load_curve_public_key(machine.config.uplink->server_key).value() ==
        machine.server.public_key);
  const auto keeper = machine.open();
  REQUIRE(keeper);
  CHECK(keeper->sequence() == 4);
  machine.station.now.clock -= 1h;
  CHECK_FALSE(keeper->trust().clock_trusted);
}

TEST_CASE("a letter with older keys than a station has had is refused") {
  Machine machine;
  const UtcTime time = machine.station.now.clock;
  REQUIRE(install_enrolment(machine.config, machine.letter(3, time), {}));
  const auto older = install_enrolment(machine.config, machine.letter(2, time), {});
  REQUIRE_FALSE(older);
  CHECK(older.error().kind == ErrorKind::refused);
  CHECK(machine.open().value().sequence() == 4);
}

TEST_CASE("a floor that was wrong is put right by a new letter") {
  Machine machine;
  const UtcTime right = machine.station.now.clock;
  REQUIRE(install_enrolment(machine.config, machine.letter(3, right + 365 * 24h), {}));
  CHECK_FALSE(machine.open().value().trust().clock_trusted);
  REQUIRE(install_enrolment(machine.config, machine.letter(3, right), {}));
  CHECK(machine.open().value().trust().clock_trusted);
}

TEST_CASE("a letter is not installed while the station runs, nor by a time that nobody signed") {
  Machine machine;
  const UtcTime time = machine.station.now.clock;
  {
    const auto running = lock_file(machine.station.journal() / "lock");
    REQUIRE(running);
    CHECK_FALSE(install_enrolment(machine.config, machine.letter(3, time), {}));
  }
  auto forged = machine.letter(3, time);
  forged.time = postal::sign_time({time, 4}, testing::seeded_key(1)).value();
  CHECK_FALSE(install_enrolment(machine.config, forged, {}));
  CHECK_FALSE(std::filesystem::exists(machine.config.keys.root));
  CHECK(install_enrolment(machine.config, machine.letter(3, time), {}));
}

TEST_CASE("a key that follows comes into use with its letter, and not before") {
  Machine machine;
  const UtcTime time = machine.station.now.clock;
  REQUIRE(install_enrolment(machine.config, machine.letter(3, time), {}));
  const auto first = uplink::load_curve_keys(machine.config.uplink->station_key).value();
  const auto next = make_station_key(machine.config);
  REQUIRE(next);
  CHECK(*next == machine.station.folder / "lane.next.public");
  CHECK_FALSE(make_station_key(machine.config));
  auto letter = machine.letter(3, time);
  letter.public_key = uplink::load_curve_public_key(*next).value();
  const auto enrolled = install_enrolment(machine.config, letter, {});
  REQUIRE(enrolled);
  CHECK(enrolled->new_key);
  const auto now = uplink::load_curve_keys(machine.config.uplink->station_key).value();
  CHECK(now.public_key == letter.public_key);
  CHECK(now.public_key != first.public_key);
  CHECK_FALSE(std::filesystem::exists(*next));
  letter.public_key = first.public_key;  // the old one is nobody's any more
  CHECK_FALSE(install_enrolment(machine.config, letter, {}));
}
