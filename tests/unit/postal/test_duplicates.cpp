// The rules of docs/duplicates.md, one by one.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "postal/duplicates.h"
#include "tests/unit/postal/key_fixtures.h"

namespace backstamp::postal {
namespace {

using namespace std::chrono_literals;
using enum DuplicateRule;

const UtcTime kNoon{std::chrono::microseconds(1'790'000'000'000'000)};

TokenReading read(std::string_view station, std::chrono::milliseconds after,
                  StationRole role = StationRole::pass, std::string_view place = "LEEDS") {
  TokenReading reading;
  reading.station = station;
  reading.place = place;
  reading.role = role;
  reading.at = kNoon + after;
  reading.claims = 77;
  reading.face = 1;
  return reading;
}

TokenReading inducted(std::string_view station, std::chrono::milliseconds after) {
  return read(station, after, StationRole::induction);
}

const DuplicateRules kRules;

TEST_CASE("One piece on its induction, five passes and before the carrier is no duplicate") {
  std::vector<RankedReading> readings;
  readings.push_back({inducted("in-1", 0s)});
  for (int pass = 1; pass <= 5; ++pass) readings.push_back({read("pass-1", pass * 10min)});
  readings.push_back({read("york-3", 3h, StationRole::delivery, "YORK")});
  for (const auto& rule : settle(readings, kRules)) CHECK_FALSE(rule);
}

TEST_CASE("Two inductions are a duplicate however long after") {
  CHECK(conflict(inducted("in-1", 0s), inducted("in-1", 24h * 40), kRules) == two_inductions);
  CHECK(conflict(inducted("in-1", 0s), inducted("in-2", 24h), kRules) == two_inductions);
  CHECK_FALSE(conflict(inducted("in-1", 0s), read("in-1", 24h), kRules));
  CHECK_FALSE(conflict(read("in-1", 0s), inducted("in-1", 24h), kRules));
}

TEST_CASE("A piece cannot be at two machines, or twice at one, sooner than it is carried") {
  CHECK(conflict(read("a", 0s), read("a", 9999ms), kRules) == same_machine);
  CHECK_FALSE(conflict(read("a", 0s), read("a", 10s), kRules));
  CHECK(conflict(read("a", 0s), read("b", 59'999ms), kRules) == two_machines);
  CHECK_FALSE(conflict(read("a", 0s), read("b", 60s), kRules));
  CHECK(conflict(read("a", 0s), read("b", 0s), kRules) == two_machines);
  auto nowhere = read("b", 30s);
  nowhere.place = "";
  CHECK(conflict(read("a", 0s), nowhere, kRules) == two_machines);
}

TEST_CASE("A piece cannot be at two places sooner than mail travels") {
  const auto york = [](std::chrono::milliseconds after) {
    return read("york-1", after, StationRole::pass, "YORK");
  };
  CHECK(conflict(read("a", 0s), york(29min), kRules) == two_places);
  CHECK_FALSE(conflict(read("a", 0s), york(30min), kRules));
  DuplicateRules rules;
  rules.travel = {{"YORK", "LEEDS", 3600s}, {"LEEDS", "BATH", 60s}};
  CHECK(conflict(read("a", 0s), york(59min), rules) == two_places);
  CHECK_FALSE(conflict(read("a", 0s), york(60min), rules));
}

TEST_CASE("One counter that says two things is a duplicate whatever the times") {
  auto other = read("a", 24h);
  other.claims = 78;
  CHECK(conflict(read("a", 0s), other, kRules) == another_statement);
  other.claims = 0;  // the event was too large to keep the token
  CHECK_FALSE(conflict(read("a", 0s), other, kRules));
}

TEST_CASE("One counter on two faces is a duplicate where both bear a code") {
  auto other = read("a", 24h);
  other.face = 6;
  CHECK(conflict(read("a", 0s), other, kRules) == another_face);
  other.face = 5;  // one code of two was read the other time
  CHECK_FALSE(conflict(read("a", 0s), other, kRules));
  other.face = 0;
  CHECK_FALSE(conflict(read("a", 0s), other, kRules));
}

TEST_CASE("A clock that is not trusted proves no impossible journey, but two inductions it does") {
  auto doubtful = read("b", 1s);
  doubtful.clock_trusted = false;
  CHECK_FALSE(conflict(read("a", 0s), doubtful, kRules));
  doubtful.role = StationRole::induction;
  CHECK(conflict(inducted("a", 0s), doubtful, kRules) == two_inductions);
}

TEST_CASE("A rejected piece may be fed once more, within the window and in its place") {
  auto rejected = inducted("a", 0s);
  rejected.rejected = true;
  CHECK(may_be_refed(rejected, kNoon + 15min, {}, kRules));
  CHECK_FALSE(may_be_refed(rejected, kNoon + 15min + 1s, {}, kRules));
  CHECK_FALSE(conflict(rejected, inducted("a", 15min), kRules));
  CHECK_FALSE(conflict(rejected, inducted("b", 15min), kRules));
  CHECK(conflict(rejected, inducted("a", 16min), kRules) == two_inductions);
  CHECK(conflict(rejected, inducted("a", 5s), kRules) == same_machine);
  auto elsewhere = inducted("c", 1h);
  elsewhere.place = "YORK";
  CHECK(conflict(rejected, elsewhere, kRules) == two_inductions);
}

TEST_CASE("A piece that was in the track when the line stood may be fed once more, once") {
  const Standstill stood{kNoon + 20s, kNoon + 60s};
  CHECK(may_be_refed(inducted("a", 0s), kNoon + 61s, {&stood, 1}, kRules));
  CHECK(may_be_refed(inducted("a", 20s), kNoon + 60s, {&stood, 1}, kRules));
  CHECK_FALSE(may_be_refed(inducted("a", -11s), kNoon + 61s, {&stood, 1}, kRules));  // out of it
  CHECK_FALSE(may_be_refed(inducted("a", 61s), kNoon + 80s, {&stood, 1}, kRules));   // after it
  CHECK_FALSE(may_be_refed(inducted("a", 0s), kNoon + 20s + 15min + 1s, {&stood, 1}, kRules));
  const Standstill pause{kNoon + 20s, kNoon + 29s};
  CHECK_FALSE(may_be_refed(inducted("a", 0s), kNoon + 61s, {&pause, 1}, kRules));

  auto refed = inducted("a", 61s);
  refed.refed = true;
  CHECK_FALSE(conflict(inducted("a", 0s), refed, kRules));
  CHECK(conflict(inducted("b", 0s), refed, kRules) == two_inductions);  // another station's word
  std::vector<RankedReading> readings{{inducted("a", 0s)}, {refed}, {inducted("a", 100s)}};
  CHECK(settle(readings, kRules) ==
        std::vector<std::optional<DuplicateRule>>{std::nullopt, std::nullopt, two_inductions});
}

TEST_CASE("A copy makes no duplicate of the original, and a wrong face of no face") {
  // The original at noon, a copy elsewhere a minute later, the original's next pass at half past.
  const auto copy = read("york-1", 1min, StationRole::pass, "YORK");
  std::vector<RankedReading> readings{{inducted("a", 0s)}, {copy}, {read("b", 30min)}};
  CHECK(settle(readings, kRules) ==
        std::vector<std::optional<DuplicateRule>>{std::nullopt, two_places, std::nullopt});
  auto moved = inducted("a", 0s);
  moved.face = 2;
  readings = {{moved, false}, {inducted("a", 100s)}};
  CHECK_FALSE(settle(readings, kRules)[1]);
}

TEST_CASE("No piece is read more than sixty-four times") {
  std::vector<RankedReading> readings;
  for (int i = 0; i < 66; ++i) readings.push_back({read("a", i * 1h)});
  const auto rules = settle(readings, kRules);
  CHECK_FALSE(rules[63]);
  CHECK(rules[64] == too_many_readings);
  CHECK(rules[65] == too_many_readings);
}

TEST_CASE("An event's reading holds its token's statement and the codes of its face") {
  const SigningKey key = seeded_key(42);
  const Token token = example_token();
  ScanEvent event;
  event.id.station = "a";
  event.token = token.identity;
  event.codes = {{Symbology::data_matrix, mint_token(token, key).value(), {}},
                 {Symbology::imb, {}, token.code}};
  event.rule = "refed";
  const TokenReading reading = reading_of(event);
  CHECK(reading.claims == claims_mark(token));
  CHECK(reading.face != 0);
  CHECK(reading.refed);
  CHECK(reading.rejected);  // an event is diverted unless it says otherwise
  for (int field = 0; field < 5; ++field) {
    Token other = token;
    if (field == 0) other.postage.mills += 1;
    if (field == 1) other.mailed = day(2026, 11, 23);
    if (field == 2) other.service += 1;
    if (field == 3) other.code = S10::parse("RR473124829GB").value();
    if (field == 4) other.address = AddressBinding{1};
    CHECK(claims_mark(other) != reading.claims);
  }
  event.codes[0].content.clear();
  CHECK(reading_of(event).claims == 0);
}

TEST_CASE("Only a genuine token on its own face stands for a piece") {
  ScanEvent event;
  event.token = TokenIdentity{7, 42, 1};
  event.verdict = Verdict::genuine;
  event.reason = Reason::stale_date;
  CHECK(stands_for_a_piece(event));
  event.reason = Reason::duplicate;
  CHECK_FALSE(stands_for_a_piece(event));
  event.reason = Reason::code_mismatch;
  CHECK_FALSE(stands_for_a_piece(event));
  event.reason = Reason::none;
  event.verdict = Verdict::forged;
  CHECK_FALSE(stands_for_a_piece(event));
}

}  // namespace
}  // namespace backstamp::postal
