// What a face may cost is counted in work: it ends at the same step, whoever else is working.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <thread>
#include <vector>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/ladder/effort.h"
#include "vision/pool/wire.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using namespace std::chrono_literals;

Frame face_with_code(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto symbol = draw_matrix(postal::Symbology::data_matrix, 10, 0, random);
  REQUIRE(symbol);
  return seen_matrix(*symbol, 5, 7, 3, 1100, 700, seed);
}

/// All that a reading says but for how long it took.
Bytes without_times(FaceReading face) {
  face.elapsed = face.cpu = {};
  for (Reading& reading : face.readings) reading.spent = {};
  for (RungCost& cost : face.rungs) cost.spent = {};
  return encode_face_reading(face);
}

TEST_CASE("Effort is spent up to its limit, and after the first refusal not at all") {
  Effort effort(100);
  CHECK(effort.take(60));
  CHECK(effort.take(40));
  CHECK_FALSE(effort.ended());
  CHECK_FALSE(effort.take(1));
  CHECK(effort.ended());
  CHECK_FALSE(effort.ended_by_clock());
  CHECK(effort.spent() == 100);
  Effort other(100);
  CHECK_FALSE(other.take(101));
  CHECK_FALSE(other.take(1));
  CHECK(other.spent() == 0);
}

TEST_CASE("Effort without a limit never ends, however much is taken") {
  Effort effort;
  for (int i = 0; i < 100; ++i) CHECK(effort.take(40'000'000));
  CHECK_FALSE(effort.ended());
}

TEST_CASE("A clock ends effort and is told from the limit") {
  Effort effort(100, SteadyTime::min());
  CHECK_FALSE(effort.take(1));
  CHECK(effort.ended_by_clock());
  CHECK(effort.spent() == 0);
}

TEST_CASE("A picture is charged by its pixels, the largest too") {
  CHECK(charge_for({nullptr, 1000, 500, 1000}, 3) == 1501);
  CHECK(charge_for({nullptr, 1, 1, 1}, 3) == 1);
  CHECK(charge_for({nullptr, 2'000'000'000, 2'000'000'000, 1}, 3) == Effort::kUnlimited);
  CHECK(charge_for({nullptr, -5, 500, 1000}, 3) == 1);
}

TEST_CASE("With too little effort a face is out of time, with enough it is read") {
  const Frame face = face_with_code(1);
  const FaceReading all = read_face(face.view(), {.budget = 1min});
  REQUIRE(all.readings.size() == 1);
  CHECK(all.effort > 1000);
  const FaceReading none = read_face(face.view(), {.effort = 0, .budget = 1min});
  CHECK(none.readings.empty());
  CHECK(none.cause == NoReadCause::out_of_time);
  CHECK(none.effort == 0);
  CHECK_FALSE(none.ended_by_clock);
  const FaceReading same = read_face(face.view(), {.effort = all.effort, .budget = 1min});
  CHECK(without_times(same) == without_times(all));
}

TEST_CASE("The same face and effort give the same reading, also while all cores are busy") {
  const Frame face = face_with_code(2);
  const std::uint32_t whole = read_face(face.view(), {.budget = 1min}).effort;
  std::vector<Bytes> quiet;
  std::vector<std::uint32_t> efforts;
  for (int tenths = 0; tenths <= 11; ++tenths) {
    efforts.push_back(whole / 10 * static_cast<std::uint32_t>(tenths));
    const FaceReading reading = read_face(face.view(), {.effort = efforts.back(), .budget = 1min});
    CHECK(reading.effort <= efforts.back());
    quiet.push_back(without_times(reading));
  }
  CHECK(quiet.front() != quiet.back());
  std::atomic<bool> done = false;
  {
    std::vector<std::jthread> load;
    for (unsigned i = 0; i < 2; ++i)
      load.emplace_back([&] {
        while (!done) {
        }
      });
    for (std::size_t i = 0; i < efforts.size(); ++i) {
      INFO("effort " << efforts[i]);
      CHECK(without_times(read_face(face.view(), {.effort = efforts[i], .budget = 1min})) ==
            quiet[i]);
    }
    done = true;
  }
}

TEST_CASE("Where the clock ended a reading is recorded, and gives the same reading again") {
  const Frame face = face_with_code(3);
  bool ended = false;
  for (auto budget = 100us; budget < 30ms; budget = budget * 3 / 2) {
    FaceReading live = read_face(face.view(), {.budget = budget});
    if (!live.ended_by_clock) continue;
    ended = true;
    FaceReading replayed = read_face(face.view(), {.effort = live.effort, .budget = 1min});
    CHECK(replayed.effort == live.effort);
    CHECK_FALSE(replayed.ended_by_clock);
    live.ended_by_clock = false;
    CHECK(without_times(replayed) == without_times(live));
  }
  CHECK(ended);
}

}  // namespace
}  // namespace backstamp::vision
