#include "station/sort_plan.h"

#include <catch2/catch_test_macros.hpp>

#include "allocations.h"
#include "station/sorter/code_text.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono;
using postal::Decision;
using postal::Reason;
using postal::Verdict;

UtcTime utc(const char* text) {
  return parse_utc(text).value();
}

PostalDay postal_day(const char* zone, minutes cutover) {
  return PostalDay::make(zone, cutover).value();
}

postal::ScanEvent piece(const char* code = "") {
  postal::ScanEvent event;
  event.induced_at = utc("2026-11-26T12:00:00Z");
  event.decision = Decision::accept;
  event.reason = Reason::none;
  event.verdict = Verdict::genuine;
  if (*code != '\0') event.code = postal::parse_canonical(code).value();
  return event;
}

SortPlan plan(std::string name, const char* from, std::vector<SortRule> rules = {}) {
  SortPlan plan;
  plan.name = std::move(name);
  plan.effective_from = utc(from);
  plan.rules = std::move(rules);
  return plan;
}

SortRule rule(std::string name, std::uint16_t outlet) {
  SortRule rule;
  rule.name = std::move(name);
  rule.outlet = outlet;
  return rule;
}

}  // namespace

TEST_CASE("without a plan, accepted pieces go to 1 and diverted ones to 2") {
  const SortPlans plans;
  postal::ScanEvent event = piece();
  CHECK(plans.outlet(event, std::nullopt) == 1);
  event.decision = Decision::divert;
  CHECK(plans.outlet(event, std::nullopt) == 2);
  CHECK(plans.rule(event, std::nullopt) == nullptr);
}

TEST_CASE("the plan that holds is the last that is effective, and the first before it") {
  const SortPlans plans =
      SortPlans::make({plan("night", "2026-11-26T22:00:00Z"), plan("day", "2026-11-26T06:00:00Z")},
                      {})
          .value();
  CHECK(plans.at(utc("2026-11-01T00:00:00Z")).name == "day");
  CHECK(plans.at(utc("2026-11-26T06:00:00Z")).name == "day");
  CHECK(plans.at(utc("2026-11-26T21:59:59.999999Z")).name == "day");
  CHECK(plans.at(utc("2026-11-26T22:00:00Z")).name == "night");
  CHECK(plans.at(utc("2030-01-01T00:00:00Z")).name == "night");
}

TEST_CASE("the first rule whose every condition holds decides") {
  SortRule copies = rule("copies", 10);
  copies.decisions = {Decision::divert};
  copies.reasons = {Reason::duplicate, Reason::forged};
  SortRule registered = rule("registered", 11);
  registered.code_begins = {"s10:RR", "s10:RA"};
  SortRule letters = rule("letters", 12);
  letters.services = std::pair<std::uint16_t, std::uint16_t>(270, 279);
  SortRule foreign = rule("foreign", 13);
  foreign.verdicts = {Verdict::unverified, Verdict::unsigned_};
  const SortPlans plans =
      SortPlans::make({plan("day", "2026-11-26T06:00:00Z", {copies, registered, letters, foreign})},
                      {})
          .value();
  const char* s10 = "s10:RR473124829GB";
  CHECK(plans.outlet(piece(s10), std::nullopt) == 11);
  postal::ScanEvent event = piece(s10);
  event.decision = Decision::divert;
  event.reason = Reason::duplicate;
  CHECK(plans.outlet(event, 275) == 10);
  CHECK(plans.rule(event, 275)->name == "copies");
  CHECK(plans.outlet(piece(), 270) == 12);
  CHECK(plans.outlet(piece(), 279) == 12);
  CHECK(plans.outlet(piece(), 280) == 1);
  CHECK(plans.outlet(piece(), std::nullopt) == 1);
  event = piece();
  event.verdict = Verdict::unverified;
  CHECK(plans.outlet(event, 275) == 13);  // the service of a token that is not genuine is none
  event.verdict = Verdict::forged;
  CHECK(plans.outlet(event, 275) == 1);
}

TEST_CASE("plans that cannot be are refused") {
  CHECK_FALSE(SortPlans::make({}, {}).has_value());
  CHECK_FALSE(SortPlans::make({plan("A Plan", "2026-11-26T06:00:00Z")}, {}).has_value());
  CHECK_FALSE(
      SortPlans::make({plan("a", "2026-11-26T06:00:00Z"), plan("b", "2026-11-26T06:00:00Z")}, {})
          .has_value());
  CHECK_FALSE(SortPlans::make({plan("a", "2026-11-26T06:00:00Z", {rule("r", 0)})}, {}).has_value());
  SortRule backwards = rule("r", 1);
  backwards.services = std::pair<std::uint16_t, std::uint16_t>(5, 4);
  CHECK_FALSE(SortPlans::make({plan("a", "2026-11-26T06:00:00Z", {backwards})}, {}).has_value());
  SortPlan nowhere = plan("a", "2026-11-26T06:00:00Z");
  nowhere.diverted = 0;
  CHECK_FALSE(SortPlans::make({nowhere}, {}).has_value());
}

TEST_CASE("the text that plans compare is the code's canonical one") {
  for (const char* code :
       {"imb:01234567094987654321", "imb:0123456709498765432101234567891", "s10:RR473124829GB"}) {
    INFO(code);
    const auto parsed = postal::parse_canonical(code);
    REQUIRE(parsed.has_value());
    CHECK(CodeText(*parsed).view() == postal::canonical(*parsed));
  }
  postal::MeterSerial serial;
  serial.meter = 42;
  serial.printed = sys_days(year(2026) / 11 / 22) + 19h + 45min + 48s;
  CHECK(CodeText(serial).view() == postal::canonical(serial));
  const auto impb = postal::Impb{
      "", "94", "001", "118992230", "33005436",
  };
  CHECK(CodeText(impb).view() == postal::canonical(impb));
  postal::Mailmark mark{'1', '2', 'B', "12", "12345678", "AB191XY1A"};
  CHECK(CodeText(mark).view() == postal::canonical(mark));
}

TEST_CASE("finding an outlet takes no memory") {
  std::vector<SortRule> rules;
  for (int i = 0; i < 20; ++i) {
    SortRule one = rule("rule-" + std::to_string(i), static_cast<std::uint16_t>(i + 10));
    one.code_begins = {"s10:R" + std::string(1, static_cast<char>('A' + i))};
    rules.push_back(one);
  }
  const SortPlans plans = SortPlans::make({plan("day", "2026-11-26T06:00:00Z", rules)}, {}).value();
  const postal::ScanEvent event = piece("s10:RR473124829GB");
  const std::uint64_t before = test::allocations();
  const std::uint16_t outlet = plans.outlet(event, 270);
  const std::uint64_t after = test::allocations();
  CHECK(outlet == 27);
  CHECK(after == before);
}

TEST_CASE("a postal day begins at its cutover, so that a night shift is one day") {
  const PostalDay berlin = postal_day("Europe/Berlin", 240min);
  CHECK(berlin.day_of(utc("2026-11-26T02:59:59Z")) == year(2026) / 11 / 25);
  CHECK(berlin.day_of(utc("2026-11-26T03:00:00Z")) == year(2026) / 11 / 26);
  CHECK(berlin.begin_of(year(2026) / 11 / 26) == utc("2026-11-26T03:00:00Z"));
  CHECK(berlin.begin_of(year(2026) / 7 / 1) == utc("2026-07-01T02:00:00Z"));
  const PostalDay kathmandu = postal_day("Asia/Kathmandu", 0min);
  CHECK(kathmandu.begin_of(year(2026) / 11 / 27) == utc("2026-11-26T18:15:00Z"));
  CHECK(kathmandu.day_of(utc("2026-11-26T18:14:59Z")) == year(2026) / 11 / 26);
  const PostalDay universal;
  CHECK(universal.day_of(utc("2026-11-26T23:59:59.999999Z")) == year(2026) / 11 / 26);
  CHECK(universal.begin_of(year(2026) / 11 / 27) == utc("2026-11-27T00:00:00Z"));
}

TEST_CASE("days of 23, 23.5, 24.5 and 25 hours are as long as they are") {
  const auto length = [](const PostalDay& postal, Date date) {
    return duration_cast<minutes>(postal.begin_of(Date(sys_days(date) + days(1))) -
                                  postal.begin_of(date));
  };
  const PostalDay york = postal_day("America/New_York", 0min);
  CHECK(length(york, year(2026) / 3 / 8) == 23h);
  CHECK(length(york, year(2026) / 11 / 1) == 25h);
  CHECK(length(york, year(2026) / 11 / 2) == 24h);
  const PostalDay howe = postal_day("Australia/Lord_Howe", 0min);
  CHECK(length(howe, year(2026) / 4 / 5) == 24h + 30min);
  CHECK(length(howe, year(2026) / 10 / 4) == 23h + 30min);
}

TEST_CASE("a cutover that clocks jump over is at the jump, one that comes twice the first time") {
  const PostalDay gap = postal_day("America/New_York", 150min);
  CHECK(gap.begin_of(year(2026) / 3 / 8) == utc("2026-03-08T07:00:00Z"));
  CHECK(gap.day_of(utc("2026-03-08T06:59:59Z")) == year(2026) / 3 / 7);
  CHECK(gap.day_of(utc("2026-03-08T07:00:00Z")) == year(2026) / 3 / 8);
  const PostalDay fold = postal_day("America/New_York", 90min);
  CHECK(fold.begin_of(year(2026) / 11 / 1) == utc("2026-11-01T05:30:00Z"));
  CHECK(fold.day_of(utc("2026-11-01T05:29:59Z")) == year(2026) / 10 / 31);
  CHECK(fold.day_of(utc("2026-11-01T05:30:00Z")) == year(2026) / 11 / 1);
  CHECK(fold.day_of(utc("2026-11-01T06:15:00Z")) ==
        year(2026) / 11 / 1);  // clocks show 01:15 again
  const PostalDay howe_gap = postal_day("Australia/Lord_Howe", 135min);
  CHECK(howe_gap.begin_of(year(2026) / 10 / 4) == utc("2026-10-03T15:30:00Z"));
  const PostalDay howe_fold = postal_day("Australia/Lord_Howe", 105min);
  CHECK(howe_fold.begin_of(year(2026) / 4 / 5) == utc("2026-04-04T14:45:00Z"));
  CHECK(howe_fold.day_of(utc("2026-04-04T15:05:00Z")) == year(2026) / 4 / 5);
}

TEST_CASE("days follow each other and never come again, in every zone and at every cutover") {
  for (const char* zone : {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
                           "Asia/Kathmandu", "Pacific/Apia", "America/Nuuk"}) {
    for (const minutes cutover : {0min, 90min, 105min, 135min, 150min, 1439min}) {
      const PostalDay postal = postal_day(zone, cutover);
      const UtcTime begin = utc(std::string(zone) == "Pacific/Apia" ? "2011-06-01T00:00:00Z"
                                                                    : "2026-01-01T00:00:00Z");
      Date before = postal.day_of(begin);
      int wrong = 0;
      for (UtcTime time = begin; time < begin + 366 * 24h; time += 15min) {
        const Date now = postal.day_of(time);
        if (sys_days(now) < sys_days(before) || postal.begin_of(now) > time) ++wrong;
        before = now;
      }
      INFO(zone << " at " << cutover.count() << " min");
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("a zone that is not there and a cutover beyond the day are refused") {
  CHECK(PostalDay::make("Europe/Atlantis", 0min).error().kind == ErrorKind::not_found);
  CHECK(PostalDay::make("Europe/Berlin", 1440min).error().kind == ErrorKind::invalid);
  CHECK(PostalDay::make("Europe/Berlin", -1min).error().kind == ErrorKind::invalid);
}
