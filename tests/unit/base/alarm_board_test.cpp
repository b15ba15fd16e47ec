#include "base/alarm_board.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <thread>

namespace {

using backstamp::Alarm;
using backstamp::AlarmBoard;

Alarm camera(const std::string& source, bool raised, const std::string& cause = "gone") {
  return {"camera-lost", source, raised, cause, "look at its cable"};
}

}  // namespace

TEST_CASE("an alarm stands from its first raising to its end, and is passed on twice") {
  std::vector<Alarm> heard;
  AlarmBoard board([&](const Alarm& alarm) { heard.push_back(alarm); });
  board.take(camera("L1/front", true, "no frame for 5.0 s"));
  const auto since = board.standing().at(0).since;
  board.take(camera("L1/front", true, "no frame for 9.0 s"));
  REQUIRE(board.standing().size() == 1);
  CHECK(board.standing()[0].since == since);
  CHECK(board.standing()[0].alarm.cause == "no frame for 9.0 s");
  board.take(camera("L1/front", false));
  board.take(camera("L1/front", false));
  CHECK(board.standing().empty());
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].raised);
  CHECK(heard[0].cause == "no frame for 5.0 s");
  CHECK_FALSE(heard[1].raised);
  CHECK(board.raised() == std::map<std::string, std::uint64_t>{{"camera-lost", 1}});
}

TEST_CASE("alarms of one name stand for each source alone") {
  AlarmBoard board({});
  board.take(camera("L1/front", true));
  board.take(camera("L1/back", true));
  board.take({"sorter-lost", "L1", true, "silent", "look at it"});
  board.take(camera("L1/front", false));
  REQUIRE(board.standing().size() == 2);
  CHECK(board.standing()[0].alarm.source == "L1/back");
  CHECK(board.standing()[1].alarm.name == "sorter-lost");
  CHECK(board.raised().at("camera-lost") == 2);
}

TEST_CASE("what listeners heard is what stands, from many threads") {
  std::map<std::string, int> heard;  // +1 raised, -1 over: never anything but 0 and 1
  bool sound = true;
  AlarmBoard board([&](const Alarm& alarm) {
    int& state = heard[alarm.source];
    state += alarm.raised ? 1 : -1;
    sound = sound && (state == 0 || state == 1);
  });
  std::vector<std::jthread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&board, seed] {
      std::mt19937 random(seed);
      const auto sink = board.sink();
      for (int i = 0; i < 5'000; ++i) {
        sink(camera("camera " + std::to_string(random() % 5), random() % 2 == 0));
      }
    });
  }
  threads.clear();
  CHECK(sound);
  std::size_t standing = 0;
  for (const auto& [source, state] : heard) standing += state == 1 ? 1 : 0;
  CHECK(board.standing().size() == standing);
}
