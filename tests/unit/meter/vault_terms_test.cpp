// What a vault may print alone: offline limit and period, seconds for codes, funds by authority.
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "base/crc32c.h"
#include "base/file.h"
#include "meter/authorization.h"
#include "meter/storage/store.h"
#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using namespace std::chrono_literals;
using test::request_for_tests;
using test::TemporaryFolder;

namespace {

const UtcTime kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 9h;

/// So long after the start, on a machine that was started an hour before it.
Moment after(std::chrono::microseconds time) {
  return {kStart + time, 1, 1h + time};
}

struct Meter {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "vault";
  NewMeter wanted;
  Meter() {
    wanted.identity = test::identity_for_tests();
    wanted.funds = postal::Money{1'000'000};
  }
  Vault open() const {
    auto vault = Vault::open(path);
    INFO((vault ? "" : vault.error().message));
    REQUIRE(vault);
    return std::move(*vault);
  }
  Vault make() const {
    REQUIRE(Vault::create(path, wanted, after(0s)));
    return open();
  }
};

std::vector<PieceRequest> one(std::int64_t mills) {
  return {request_for_tests(mills)};
}

std::vector<PieceRequest> by_the_second(std::size_t count) {
  std::vector<PieceRequest> requests(count, request_for_tests(1));
  for (PieceRequest& request : requests) request.meter_code = true;
  return requests;
}

std::chrono::sys_seconds second_of(const PrintedPiece& piece) {
  return std::get<postal::MeterSerial>(piece.code).printed;
}

bool refuses(const Result<std::vector<PrintedPiece>>& printed, std::string_view why) {
  REQUIRE_FALSE(printed);
  CAPTURE(printed.error().message);
  CHECK(printed.error().kind == ErrorKind::refused);
  return printed.error().message.find(why) != std::string::npos;
}

struct Authority {
  postal::SigningKey key =
      std::move(*postal::SigningKey::generate(postal::SignatureAlgorithm::eddsa));
  Bytes gives(std::uint64_t number, std::int64_t mills, std::int64_t total,
              std::uint32_t meter = 7) const {
    return sign_authorization({1, meter, number, postal::Money{mills}, postal::Money{total}}, key)
        .value();
  }
};

}  // namespace

TEST_CASE("Postage stops at the offline limit, across openings, until the data center is heard") {
  Meter meter;
  meter.wanted.offline.limit = postal::Money{1000};
  {
    auto vault = meter.make();
    REQUIRE(vault.print(one(600), after(1s)));
    CHECK(refuses(vault.print(one(401), after(2s)), "offline limit"));
    REQUIRE(vault.mark_registered(1));  // what is registered is not heard yet
  }
  auto vault = meter.open();
  CHECK(vault.standing().spent.mills == 600);
  CHECK(refuses(vault.print(one(401), after(3s)), "backstamp-meter sync"));
  REQUIRE(vault.print(one(400), after(4s)));
  CHECK(refuses(vault.print(one(1), after(5s)), "offline limit"));
  REQUIRE(vault.print(one(0), after(5s)));
  REQUIRE(vault.heard(kStart + 6s, after(6s)));
  CHECK(vault.standing().spent.mills == 0);
  REQUIRE(vault.print(one(1000), after(7s)));
  CHECK(refuses(vault.print(one(1), after(8s)), "offline limit"));
}

TEST_CASE("After the offline period nothing is printed, whatever is done to the clock") {
  Meter meter;
  meter.wanted.offline.period = 24h;
  auto vault = meter.make();
  REQUIRE(vault.print(one(1), after(23h)));
  CHECK(refuses(vault.print(one(1), after(25h)), "last heard"));
  SECTION("set back by a year") {
    Moment back = after(25h);
    back.utc -= std::chrono::days(365);
    CHECK(refuses(vault.print(one(1), back), "set back"));
  }
  SECTION("held still: the time that the machine is up counts") {
    for (auto up = 23h; up < 48h; up += 1h) {
      Moment still = after(23h);
      still.up = 1h + up;
      const auto printed = vault.print(one(1), still);
      CHECK(printed.has_value() == (up <= 23h));
    }
  }
  SECTION("held still across restarts: each time that it is up counts") {
    std::chrono::hours up_in_all{23};
    for (std::uint64_t boot = 2; boot < 40; ++boot) {
      up_in_all += 1h;
      const Moment still{kStart + 23h, boot, 1h};
      CHECK_FALSE(vault.print(one(1), still));  // an hour is more than the slack
    }
  }
  SECTION("a little slow is no offence, and gains nothing") {
    std::chrono::microseconds time = 23h;
    unsigned printed = 0;
    for (; time < 30h; time += 1min) {
      Moment slow = after(time);
      slow.utc -= 4min;
      printed += vault.print(one(1), slow).has_value();
    }
    CHECK(printed > 50);
    CHECK(printed <= 65);
  }
  SECTION("set ahead, it is over; what the data center says puts it right") {
    Moment ahead = after(23h);
    ahead.utc += std::chrono::days(365);
    CHECK(refuses(vault.print(one(1), ahead), "last heard"));
    REQUIRE(vault.heard(kStart + 26h, after(26h)));
    REQUIRE(vault.print(one(1), after(49h)));
    CHECK(refuses(vault.print(one(1), after(51h)), "last heard"));
  }
}

TEST_CASE("A clock that ran ahead while pieces were printed is put right by the data center") {
  Meter meter;
  meter.wanted.offline.period = std::chrono::days(400);
  auto vault = meter.make();
  Moment ahead = after(1h);
  ahead.utc += std::chrono::days(300);
  REQUIRE(vault.print(one(1), ahead));
  CHECK(refuses(vault.print(one(1), after(2h)), "set back"));
  REQUIRE(vault.heard(kStart + 2h, after(2h)));
  REQUIRE(vault.print(one(1), after(3h)));
  REQUIRE(vault.print(one(1), after(30min + 2h + 59min)));
}

TEST_CASE("Without terms a meter prints alone for as long as it likes") {
  const Meter meter;
  auto vault = meter.make();
  REQUIRE(vault.print(one(500'000), after(std::chrono::days(9000))));
  REQUIRE(vault.print(one(500'000), after(0s)));
}

TEST_CASE("Pieces named by meter, date and time never share a second") {
  const Meter meter;
  std::set<std::chrono::sys_seconds> seconds;
  {
    auto vault = meter.make();
    for (int round = 0; round < 3; ++round) {
      const auto pieces = vault.print(by_the_second(5), after(1500ms));
      REQUIRE(pieces);
      for (const PrintedPiece& piece : *pieces) {
        CHECK(seconds.insert(second_of(piece)).second);
        const auto token = postal::parse_token(piece.token);
        REQUIRE(token);
        CHECK(token->token.code == piece.code);
        CHECK(piece.record.code.starts_with("meter:M00000007"));
      }
    }
  }
  CHECK(*seconds.begin() == std::chrono::floor<std::chrono::seconds>(kStart) + 1s);
  CHECK(*seconds.rbegin() == *seconds.begin() + 14s);
  auto vault = meter.open();
  // The clock is set back: the seconds go on from the last.
  const auto later = vault.print(by_the_second(1), after(-10min));
  REQUIRE(later);
  CHECK(second_of(later->front()) == *seconds.rbegin() + 1s);
  // Other pieces use none, and free ones are taken as the clock comes to them.
  REQUIRE(vault.print(one(1), after(100s)));
  const auto free = vault.print(by_the_second(1), after(100s));
  REQUIRE(free);
  CHECK(second_of(free->front()) == std::chrono::floor<std::chrono::seconds>(kStart) + 100s);
}

TEST_CASE("Seconds are taken at most an hour ahead of the clock, and all of a print or none") {
  const Meter meter;
  auto vault = meter.make();
  CHECK(refuses(vault.print(by_the_second(3602), after(0s)), "ahead of the clock"));
  CHECK(vault.registers().counter == 0);
  REQUIRE(vault.print(by_the_second(3601), after(0s)));
  CHECK(refuses(vault.print(by_the_second(1), after(0s)), "ahead of the clock"));
  CHECK(refuses(vault.print(by_the_second(1), after(-24h)), "ahead of the clock"));
  REQUIRE(vault.print(one(1), after(0s)));
  REQUIRE(vault.print(by_the_second(1), after(1s)));
}

TEST_CASE("A meter with a fund authority takes its funds from nobody else, each grant once") {
  const Authority authority;
  const Authority stranger;
  Meter meter;
  meter.wanted.fund_authority = authority.key.public_key();
  CHECK(Vault::create(meter.path, meter.wanted).error().kind == ErrorKind::refused);  // own funds
  meter.wanted.funds = {};
  {
    auto vault = meter.make();
    CHECK(vault.fund(postal::Money{1}).error().kind == ErrorKind::refused);
    CHECK(refuses(vault.print(one(1)), "do not cover"));
    const auto refused = [&](const Bytes& message) {
      const auto funded = vault.fund_authorized(message);
      return !funded && vault.registers().funded.mills == 0;
    };
    CHECK(refused(stranger.gives(1, 500, 500)));
    CHECK(refused(authority.gives(1, 500, 500, 8)));
    CHECK(refused(authority.gives(2, 500, 500)));
    CHECK(refused(authority.gives(1, 500, 501)));
    CHECK(refused({}));
    Bytes message = authority.gives(1, 500, 500);
    for (std::size_t bit = 0; bit < message.size() * 8; bit += 5) {
      message[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      CHECK(refused(message));
      message[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
    CHECK(vault.fund_authorized(message).value().mills == 500);
    CHECK(vault.fund_authorized(message).error().message.find("used already") != std::string::npos);
    REQUIRE(vault.print(one(500)));
  }
  auto vault = meter.open();
  CHECK_FALSE(vault.fund_authorized(authority.gives(1, 500, 500)));
  CHECK(vault.fund_authorized(authority.gives(2, 250, 750)).value().mills == 250);
  CHECK(vault.standing().funded_by == 2);
  CHECK(vault.registers().descending.mills == 250);
}

TEST_CASE("An authorization is for meters that have an authority, and within bounds") {
  const Authority authority;
  const Meter meter;
  auto vault = meter.make();
  CHECK(vault.fund_authorized(authority.gives(1, 5, 5)).error().kind == ErrorKind::invalid);
  CHECK_FALSE(sign_authorization({1, 7, 0, {1}, {1}}, authority.key));
  CHECK_FALSE(sign_authorization({1, 7, 1, {0}, {1}}, authority.key));
  CHECK_FALSE(sign_authorization({1, 7, 1, {2}, {1}}, authority.key));
  const auto message = sign_authorization({1, 7, 1, {2}, {3}}, authority.key);
  CHECK(open_authorization(*message, authority.key.public_key()) ==
        FundAuthorization{1, 7, 1, {2}, {3}});
}

TEST_CASE("Funds that no authority gave are damage, however whole the files are") {
  const Authority authority;
  Meter meter;
  meter.wanted.fund_authority = authority.key.public_key();
  meter.wanted.funds = {};
  (void)meter.make();
  VaultState state;
  state.identity = meter.wanted.identity;
  state.fund_authority = meter.wanted.fund_authority;
  state.registers.funded = state.registers.descending = postal::Money{1'000'000};
  state.authorization = 1;
  state.authorization_message = authority.gives(1, 500, 500);
  REQUIRE(Store::create(meter.path, state));
  CHECK(Vault::open(meter.path).error().kind == ErrorKind::invalid);
  state.registers.funded = state.registers.descending = postal::Money{500};
  REQUIRE(Store::create(meter.path, state));
  CHECK(Vault::open(meter.path));
  state.authorization_message = authority.gives(1, 500, 500, 8);
  REQUIRE(Store::create(meter.path, state));
  CHECK(Vault::open(meter.path).error().kind == ErrorKind::invalid);
}

TEST_CASE("A vault that is behind the data center prints nothing, also when opened anew") {
  const Meter meter;
  {
    auto vault = meter.make();
    REQUIRE(vault.print(one(1)));
    REQUIRE(vault.mark_behind(5));
    CHECK(refuses(vault.print(one(1)), "AN OLD COPY"));
  }
  auto vault = meter.open();
  CHECK(refuses(vault.print(one(1)), "AN OLD COPY"));
  CHECK(vault.standing().behind == 5);
}

TEST_CASE("A vault of an older version says so") {
  const Meter meter;
  (void)meter.make();
  Bytes journal = *read_file(meter.path / "journal.1", 1 << 20);
  journal[17] = 1;  // behind length, CRC, sequence and type
  const std::uint32_t crc = crc32c(ByteView(journal).subspan(8));
  for (std::size_t i = 0; i < 4; ++i) journal[4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  REQUIRE(write_file_durably(meter.path / "journal.1", journal, 0600));
  const auto old = Vault::open(meter.path);
  REQUIRE_FALSE(old);
  CHECK(old.error().message.find("version 1") != std::string::npos);
}

TEST_CASE("What is kept besides the registers survives a journal that is begun anew") {
  const Authority authority;
  Meter meter;
  meter.wanted.fund_authority = authority.key.public_key();
  meter.wanted.funds = {};
  meter.wanted.offline = {postal::Money{1'000'000'000}, 100h};
  (void)meter.make();
  auto store = Store::open(meter.path);
  REQUIRE(store);
  REQUIRE(store->commit(
      AuthorizedRecord{1, {1'000'000'000}, authority.gives(1, 1'000'000'000, 1'000'000'000)}));
  const auto last_second = std::chrono::floor<std::chrono::seconds>(kStart) + 77s;
  for (int round = 0; round < 12; ++round) {
    PrintedRecord record;
    record.at = after(std::chrono::hours(round));
    record.last_second = last_second;
    const std::uint64_t counter = store->state().registers.counter;
    for (std::uint64_t i = 1; i <= 10'000; ++i) {
      record.pieces.push_back({counter + i,
                               "imb:0027012345600000000112345678901",
                               {3},
                               std::chrono::year(2026) / 11 / 22,
                               270});
    }
    REQUIRE(store->commit(record));
    REQUIRE(store->commit(RegisteredRecord{counter + 10'000}));
  }
  CHECK_FALSE(std::filesystem::exists(meter.path / "journal.1"));
  const VaultState before = store->state();
  const auto again = Store::open(meter.path);
  REQUIRE(again);
  CHECK(again->state() == before);
  CHECK(again->state().last_second == last_second);
  CHECK(again->state().latest == after(11h));
  CHECK(again->state().spent.mills == 360'000);
  CHECK(Vault::open(meter.path));
}

TEST_CASE("This machine's moments go forward") {
  const Moment first = Moment::now();
  const Moment second = Moment::now();
  CHECK(first.boot != 0);
  CHECK(first.boot == second.boot);
  CHECK(second.up >= first.up);
  CHECK(earliest_utc(first, second) >= first.utc);
  CHECK(earliest_utc(first, second) <= second.utc + 5s);
}
