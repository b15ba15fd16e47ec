#include "station/clock_trust.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace backstamp;
using namespace std::chrono_literals;
using station::ClockTrust;

constexpr UtcTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;
constexpr SteadyTime kSteady{100h};
constexpr auto kYear = 365 * 24h;

}  // namespace

TEST_CASE("a clock that agrees with the data center's time is trusted") {
  ClockTrust trust({});
  trust.hear(kNow, kSteady);
  for (const auto apart : {-5min, -1min, 0min, 1min, 5min}) {
    const auto view = trust.look(kNow + apart, kSteady);
    CHECK(view.trusted);
    CHECK(view.now == kNow + apart);
  }
}

TEST_CASE("a clock set back or forward is not trusted, and the time goes on without it") {
  ClockTrust trust({});
  trust.hear(kNow, kSteady);
  for (const auto off :
       std::initializer_list<std::chrono::microseconds>{-kYear, -6 * 60min, 6 * 60min, +kYear}) {
    const auto view = trust.look(kNow + 10h + off, kSteady + 10h);
    CHECK_FALSE(view.trusted);
    CHECK(view.now == kNow + 10h);
    CHECK(view.why.find(format_utc(kNow + 10h)) != std::string::npos);
  }
  CHECK(trust.look(kNow + 10h, kSteady + 10h).trusted);
}

TEST_CASE("without the data center a signed time of the past is a floor") {
  ClockTrust trust({}, kNow - kYear);
  trust.raise_floor(kNow);
  trust.raise_floor(kNow - 24h);
  CHECK(trust.floor() == kNow);
  CHECK(trust.look(kNow + 24h, kSteady).trusted);
  CHECK(trust.look(kNow - 5min, kSteady).trusted);
  CHECK_FALSE(trust.look(kNow - 6min, kSteady).trusted);
  CHECK_FALSE(trust.look(kNow - kYear, kSteady).trusted);
  CHECK_FALSE(trust.look(kNow - kYear, kSteady).now.has_value());
}

TEST_CASE("a clock far ahead of what was ever confirmed is not trusted, unless nobody could") {
  ClockTrust trust({}, kNow);
  CHECK(trust.look(kNow + 30 * 24h, kSteady).trusted);
  CHECK_FALSE(trust.look(kNow + 31 * 24h, kSteady).trusted);
  CHECK_FALSE(trust.look(kNow + kYear, kSteady).trusted);
  const ClockTrust alone({5min, std::nullopt}, kNow);
  CHECK(alone.look(kNow + kYear, kSteady).trusted);
}

TEST_CASE("an old statement of the time that comes again changes nothing") {
  ClockTrust trust({});
  trust.hear(kNow, kSteady);
  trust.hear(kNow - kYear, kSteady + 1h);
  trust.hear(kNow, kSteady + 2h);  // said two hours ago, and heard again now
  CHECK(trust.look(kNow + 3h, kSteady + 3h).trusted);
  CHECK_FALSE(trust.look(kNow + 1h, kSteady + 3h).trusted);
  CHECK(trust.floor() == kNow);
}
