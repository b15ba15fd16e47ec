#include "station/trust.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace backstamp;
using postal::Decision;
using postal::Reason;
using postal::Verdict;
using station::Trust;
using station::WhenUnsure;
using std::chrono::year;

constexpr Date kToday = year(2026) / 11 / 22;

Trust unsure_of_the_day() {
  Trust trust;
  trust.clock_trusted = false;
  trust.not_before = kToday;
  return trust;
}

postal::ScanEvent accepted() {
  postal::ScanEvent event;
  event.verdict = Verdict::genuine;
  event.decision = Decision::accept;
  event.reason = Reason::none;
  return event;
}

}  // namespace

TEST_CASE("the day of a clock that is not trusted is the data center's, or else open") {
  const Date a_year_ago = year(2025) / 11 / 22;
  const Date in_a_year = year(2027) / 11 / 22;
  Trust trust;
  CHECK(station::judging_day(trust, a_year_ago, {}) == a_year_ago);
  trust = unsure_of_the_day();
  CHECK(station::judging_day(trust, a_year_ago, a_year_ago) == kToday);  // it is stale on any day
  CHECK(station::judging_day(trust, in_a_year, in_a_year) == in_a_year);
  CHECK(station::judging_day(trust, in_a_year, {}) == kToday);
  trust.day = kToday;
  CHECK(station::judging_day(trust, in_a_year, in_a_year) == kToday);
}

TEST_CASE("stale keys and a clock that nobody can correct hold back what would be accepted") {
  Trust trust = unsure_of_the_day();
  auto event = accepted();
  station::restrain(trust, event);
  CHECK(event.decision == Decision::divert);
  CHECK(event.reason == Reason::untrusted_clock);
  CHECK(event.verdict == Verdict::genuine);  // what cryptography says does not hang on the clock

  trust.day = kToday;  // the data center says what day it is
  event = accepted();
  station::restrain(trust, event);
  CHECK(event.decision == Decision::accept);
  CHECK(event.rule.empty());

  trust.keys_stale = true;
  event = accepted();
  station::restrain(trust, event);
  CHECK(event.decision == Decision::accept);
  CHECK(event.rule == "stale-keys");

  trust.when_stale = WhenUnsure::divert;
  event = accepted();
  station::restrain(trust, event);
  CHECK(event.decision == Decision::divert);
  CHECK(event.reason == Reason::stale_keys);
  CHECK(event.rule == "stale-keys");
}

TEST_CASE("a piece that is diverted anyway keeps its reason, and one without a token is let be") {
  Trust trust = unsure_of_the_day();
  trust.keys_stale = true;
  trust.when_stale = WhenUnsure::divert;
  auto event = accepted();
  event.decision = Decision::divert;
  event.reason = Reason::duplicate;
  event.rule = "two-inductions";
  station::restrain(trust, event);
  CHECK(event.reason == Reason::duplicate);
  CHECK(event.rule == "two-inductions");
  for (const Verdict verdict : {Verdict::unsigned_, Verdict::unverified, Verdict::forged}) {
    event = accepted();
    event.verdict = verdict;
    station::restrain(trust, event);
    CHECK(event.decision == Decision::accept);
    CHECK(event.rule.empty());
  }
}

TEST_CASE("a post may want its station to stop rather than guess") {
  Trust trust;
  CHECK_FALSE(station::must_stop(trust));
  trust.keys_stale = true;
  CHECK_FALSE(station::must_stop(trust));
  trust.when_stale = WhenUnsure::stop;
  CHECK(station::must_stop(trust)->message.find("keys") != std::string::npos);
  trust = unsure_of_the_day();
  trust.when_clock_untrusted = WhenUnsure::stop;
  CHECK(station::must_stop(trust)->message.find("clock") != std::string::npos);
  trust.day = kToday;
  CHECK_FALSE(station::must_stop(trust));
}
