#include "station/key_keeper.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "key_fixture.h"
#include "station/key_memory.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;
using postal::Verdict;
using station::testing::kIssued;
using station::testing::Station;
using std::chrono::year;
using uplink::KeysTaken;

constexpr Date kDay = year(2026) / 11 / 2;
constexpr auto kYear = 365 * 24h;

Bytes delta(const Station& station, std::uint64_t from, std::uint64_t to) {
  return postal::make_delta(station.authority.bundle(from), station.authority.bundle(to)).value();
}

}  // namespace

TEST_CASE("a station takes newer keys while it runs, and refuses older and foreign ones") {
  Station station;
  auto keeper = station.open().value();
  const auto& authority = station.authority;
  const Trust before = keeper.trust();
  CHECK(keeper.held().sequence == 2);
  CHECK(keeper.take_keys(authority.bundle(4).file()) == KeysTaken::taken);
  CHECK(keeper.take_keys(delta(station, 4, 6)) == KeysTaken::taken);
  CHECK(keeper.sequence() == 7);
  CHECK(keeper.trust().verifier->sequence() == 7);
  CHECK(before.verifier->sequence() == 2);  // who judges by the old one goes on with it

  CHECK(keeper.take_keys(authority.bundle(5).file()) == KeysTaken::refused);
  CHECK(keeper.take_keys(authority.bundle(6).file()) == KeysTaken::refused);
  CHECK(keeper.take_keys(delta(station, 4, 8)) == KeysTaken::want_whole);
  CHECK(keeper.take_keys(Bytes{}) == KeysTaken::refused);
  testing::Authority other;
  other.root = testing::seeded_key(1);
  CHECK(keeper.take_keys(other.bundle(9).file()) == KeysTaken::refused);
  CHECK(keeper.sequence() == 7);
}

TEST_CASE("a revocation is in force when the keys are taken") {
  Station station;
  auto keeper = station.open().value();
  const auto token = station.authority.token(kDay);
  CHECK(keeper.trust().verifier->verify(token) == Verdict::genuine);
  const auto revoked = station.authority.bundle(2, kDay);
  CHECK(keeper.take_keys(postal::make_delta(station.authority.bundle(1), revoked).value()) ==
        KeysTaken::taken);
  CHECK(keeper.trust().verifier->verify(token) == Verdict::revoked);
}

TEST_CASE("no byte of what is brought can be changed, cut off or added") {
  Station station;
  auto keeper = station.open().value();
  const Bytes statement = station.authority.time(station.now.clock + kYear, 2);
  for (const Bytes& file : {delta(station, 1, 3), station.authority.bundle(3).file()}) {
    for (std::size_t at = 0; at < file.size(); ++at) {
      Bytes changed = file;
      changed[at] ^= 0x01;
      REQUIRE(keeper.take_keys(changed) != KeysTaken::taken);
      REQUIRE(keeper.take_keys({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(at)}) !=
              KeysTaken::taken);
    }
  }
  for (std::size_t at = 0; at < statement.size(); ++at) {
    Bytes changed = statement;
    changed[at] ^= 0x01;
    keeper.take_time(changed);
  }
  CHECK(keeper.sequence() == 2);
  CHECK(keeper.trust().clock_trusted);
}

TEST_CASE("what was taken is there after a restart, whatever the configuration names") {
  Station station;
  {
    auto keeper = station.open().value();
    REQUIRE(keeper.take_keys(station.authority.bundle(5).file()) == KeysTaken::taken);
  }
  CHECK(station.open().value().sequence() == 6);  // the configured one is older
  std::filesystem::remove(station.config.bundle);
  CHECK(station.open().value().sequence() == 6);  // or gone
  station.give(8);
  CHECK(station.open().value().sequence() == 9);  // or newer
  station.give(1);
  REQUIRE(write_file_durably(station.journal() / "keys.bundle", as_bytes("damaged")));
  const auto refused = station.open();  // what is left is older than what it has had
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  station.give(8);
  CHECK(station.open().value().sequence() == 9);
}

TEST_CASE("an old bundle cloned into the station's folder is refused") {
  Station station;
  {
    auto keeper = station.open().value();
    REQUIRE(keeper.take_keys(station.authority.bundle(2, kDay).file()) == KeysTaken::taken);
  }
  REQUIRE(
      write_file_durably(station.journal() / "keys.bundle", station.authority.bundle(1).file()));
  CHECK_FALSE(station.open());
}

TEST_CASE("killed at any moment of an update a station has the old keys or the new ones") {
  std::mt19937_64 random(std::random_device{}());
  for (int round = 0; round < 25; ++round) {
    Station station;
    int pipe[2] = {-1, -1};
    REQUIRE(::pipe(pipe) == 0);
    std::vector<Bytes> deltas;
    for (std::uint64_t i = 1; i < 40; ++i) deltas.push_back(delta(station, i, i + 1));
    const pid_t child = ::fork();
    if (child == 0) {
      auto keeper = station.open();
      for (const Bytes& one : deltas) {
        if (!keeper || keeper->take_keys(one) != KeysTaken::taken) ::_exit(1);
        if (::write(pipe[1], "x", 1) != 1) ::_exit(1);
      }
      ::pause();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[1]);
    std::uint64_t taken = 0;
    for (char byte = 0; ::read(pipe[0], &byte, 1) == 1;) ++taken;
    ::close(pipe[0]);
    const auto keeper = station.open();
    REQUIRE(keeper);
    CHECK(keeper->sequence() >= 2 + taken);
    CHECK(keeper->sequence() <= 3 + taken);
  }
}

TEST_CASE("keys are stale when nobody has said for long enough that they are the newest") {
  Station station;
  station.config.stale_after = 72h;
  auto keeper = station.open().value();
  CHECK_FALSE(keeper.trust().keys_stale);
  station.pass(60h);
  CHECK(keeper.trust().keys_stale);
  CHECK(station.said("STALE"));
  keeper.take_time(station.authority.time(station.now.clock, 2));
  CHECK_FALSE(keeper.trust().keys_stale);
  station.pass(71h);
  keeper.take_time(station.authority.time(station.now.clock, 3));  // there is a newer bundle,
  CHECK_FALSE(keeper.trust().keys_stale);
  station.pass(2h);
  CHECK(keeper.trust().keys_stale);  // and it does not come
  CHECK(keeper.take_keys(station.authority.bundle(2).file()) == KeysTaken::taken);
  keeper.take_time(station.authority.time(station.now.clock, 3));
  CHECK_FALSE(keeper.trust().keys_stale);
}

TEST_CASE("a clock set back or forward by a year is told, and the day is the data center's") {
  for (const auto off : std::initializer_list<std::chrono::microseconds>{-kYear, +kYear}) {
    Station station;
    auto keeper = station.open().value();
    keeper.take_time(station.authority.time(station.now.clock, 2));
    REQUIRE(keeper.trust().clock_trusted);
    const UtcTime right = station.now.clock;
    station.now.clock += off;
    const Trust trust = keeper.trust();
    CHECK_FALSE(trust.clock_trusted);
    CHECK(trust.day == utc_date(right));
    CHECK(station.said("NOT to be trusted"));
    CHECK(keeper.clock_state().find("not trusted") != std::string::npos);
    station.now.clock = right;
    CHECK(keeper.trust().clock_trusted);
    CHECK(station.said("trusted again"));
  }
}

TEST_CASE("the floor under the clock outlives a restart without the data center") {
  Station station;
  station.config.clock.unconfirmed = 30 * 24h;
  const UtcTime right = station.now.clock + 200h;
  {
    auto keeper = station.open().value();
    keeper.take_time(station.authority.time(right, 2));
  }
  for (const auto off :
       std::initializer_list<std::chrono::microseconds>{-kYear, -24 * 1h, +kYear}) {
    station.now.clock = right + off;
    const auto keeper = station.open();
    REQUIRE(keeper);
    const Trust trust = keeper->trust();
    CHECK_FALSE(trust.clock_trusted);
    CHECK_FALSE(trust.day);
    CHECK(trust.not_before == utc_date(right));
  }
  station.now.clock = right + 10 * 24h;
  CHECK(station.open().value().trust().clock_trusted);
}

TEST_CASE("keys that the disk does not keep are in force all the same, and that is said") {
  Station station;
  auto keeper = station.open().value();
  std::filesystem::remove_all(station.journal());
  CHECK(keeper.take_keys(station.authority.bundle(2, kDay).file()) == KeysTaken::taken);
  CHECK(keeper.trust().verifier->verify(station.authority.token(kDay)) == Verdict::revoked);
  CHECK(station.said("not kept"));
}
