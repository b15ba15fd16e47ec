#include "station/sorter/link_watch.h"

#include "link_fixture.h"

namespace {

using namespace backstamp;
using backstamp::station::LinkWatch;
using namespace std::chrono_literals;

const SteadyTime kStart{std::chrono::hours(1)};

LinkWatch watch(test::Told& told) {
  return LinkWatch({"telegram", 2000ms, "the machine stops"}, told.alarms(), kStart);
}

}  // namespace

TEST_CASE("a control that never comes is one alarm with the fallback, and one end of it") {
  test::Told told;
  LinkWatch watched = watch(told);
  watched.tick(kStart + 1999ms);
  CHECK(told.count("sorter-lost", true) == 0);
  for (auto at = 2000ms; at < 9000ms; at += 100ms) watched.tick(kStart + at);
  const auto raised = told.all("sorter-lost", true);
  REQUIRE(raised.size() == 1);
  CHECK(raised[0].source == "telegram");
  CHECK(raised[0].cause == "no control for 2.0 s: no control has connected yet");
  CHECK(raised[0].remedy.find("the machine stops") != std::string::npos);
  watched.heard(kStart + 10s);
  watched.heard(kStart + 10s);
  CHECK(told.count("sorter-lost", false) == 1);
}

TEST_CASE("a control that is back in time is no alarm") {
  test::Told told;
  LinkWatch watched = watch(told);
  for (int i = 0; i < 100; ++i) {
    watched.heard(kStart + i * 1s);
    watched.lost("the cable was pulled");
    watched.tick(kStart + i * 1s + 900ms);
  }
  CHECK(told.count("sorter-lost", true) == 0);
  watched.tick(kStart + 101s);
  REQUIRE(told.count("sorter-lost", true) == 1);
  CHECK(told.all("sorter-lost", true)[0].cause == "no control for 2.0 s: the cable was pulled");
}

TEST_CASE("nonsense is one alarm until there has been none for a minute") {
  test::Told told;
  LinkWatch watched = watch(told);
  for (int i = 0; i < 1000; ++i) watched.nonsense(kStart + i * 1ms, "10.0.0.9:5", "a length");
  watched.tick(kStart + 1s + 59s);
  CHECK(told.count("sorter-nonsense", true) == 1);
  CHECK(told.count("sorter-nonsense", false) == 0);
  watched.tick(kStart + 1s + 60s);
  CHECK(told.count("sorter-nonsense", false) == 1);
  watched.nonsense(kStart + 70s, "10.0.0.9:5", "a length");
  CHECK(told.count("sorter-nonsense", true) == 2);
}
