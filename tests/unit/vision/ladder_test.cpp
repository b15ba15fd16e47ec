#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "base/limits.h"
#include "vision/ladder/accounts.h"
#include "vision/ladder/merge.h"

namespace backstamp::vision {
namespace {

using namespace std::chrono_literals;

Quad square(float left, float top, float side) {
  return {{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}};
}

Reading reading(const char* text, Quad outline) {
  Reading r;
  r.text = text;
  r.content.assign(r.text.begin(), r.text.end());
  r.outline = outline;
  return r;
}

TEST_CASE("Costs add up by rung, in the order in which rungs were first tried") {
  Accounts accounts;
  accounts.add("locate", 5us, false);
  accounts.add("grid", 10us, true);
  accounts.add("locate", 7us, false);
  accounts.add("grid", 1us, false);
  const auto costs = accounts.take();
  REQUIRE(costs.size() == 2);
  CHECK(costs[0].rung == "locate");
  CHECK(costs[0].tries == 2);
  CHECK(costs[0].reads == 0);
  CHECK(costs[0].spent == 12us);
  CHECK(costs[1].rung == "grid");
  CHECK(costs[1].tries == 2);
  CHECK(costs[1].reads == 1);
  CHECK(costs[1].spent == 11us);
}

TEST_CASE("A try is entered when it ends, as read only when it says so") {
  Accounts accounts;
  {
    Try attempt(accounts, "grid");
    attempt.gave_reading();
  }
  { const Try attempt(accounts, "grid"); }
  const auto costs = accounts.take();
  REQUIRE(costs.size() == 1);
  CHECK(costs[0].tries == 2);
  CHECK(costs[0].reads == 1);
}

TEST_CASE("A try costs the work of its own thread, not time spent waiting") {
  Accounts accounts;
  {
    const Try waiting(accounts, "waiting");
    std::this_thread::sleep_for(40ms);
    CHECK(waiting.spent() < 20ms);
  }
  {
    const Try working(accounts, "working");
    while (working.spent() < 5ms) {
    }
  }
  const auto costs = accounts.take();
  REQUIRE(costs.size() == 2);
  CHECK(costs[0].spent < 20ms);
  CHECK(costs[1].spent >= 5ms);
}

TEST_CASE("The same code twice in one place is one reading, in two places two") {
  std::vector<Reading> readings{reading("A", square(100, 100, 50))};
  merge_readings(readings, {reading("A", square(103, 98, 50)), reading("A", square(400, 100, 50)),
                            reading("B", square(100, 100, 50))});
  REQUIRE(readings.size() == 3);
  CHECK(readings[1].outline[0].x == 400);
  CHECK(readings[2].text == "B");
  Reading other = reading("A", square(100, 100, 50));
  other.symbology = postal::Symbology::aztec;
  merge_readings(readings, {other});
  CHECK(readings.size() == 4);
}

TEST_CASE("A face reports no more codes than its limit") {
  std::vector<Reading> readings, many;
  for (std::size_t i = 0; i < limits::kReadingsPerFrame + 20; ++i)
    many.push_back(reading("A", square(200 * static_cast<float>(i), 0, 50)));
  merge_readings(readings, std::move(many));
  CHECK(readings.size() == limits::kReadingsPerFrame);
}

TEST_CASE("What lies where something was read is no candidate any more") {
  std::vector<Candidate> candidates(2);
  candidates[0].outline = square(100, 100, 60);
  candidates[1].outline = square(300, 100, 60);
  drop_read_candidates(candidates, {reading("A", square(110, 105, 50))});
  REQUIRE(candidates.size() == 1);
  CHECK(candidates[0].outline[0].x == 300);
}

TEST_CASE("of two candidates for one place the one that looks more like a symbol stays") {
  std::vector<Candidate> unread;
  const auto note = [&](Quad outline, float score) {
    Candidate candidate;
    candidate.outline = outline;
    candidate.score = score;
    note_unread(unread, candidate);
  };
  note(square(100, 100, 50), 0.5f);
  note(square(105, 102, 46), 0.8f);
  note(square(98, 100, 52), 0.6f);
  REQUIRE(unread.size() == 1);
  CHECK(unread.front().score == 0.8f);
  CHECK(unread.front().outline[0].x == square(105, 102, 46)[0].x);
  // A small one in a corner of a large one is another place.
  note(square(100, 100, 400), 0.9f);
  CHECK(unread.size() == 2);
}

}  // namespace
}  // namespace backstamp::vision
