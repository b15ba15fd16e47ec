#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>

#include "programs/simulate/plan.h"

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;

const std::vector<double> kLengths{150, 220, 235, 245};

Options four_lanes() {
  Options options;
  options.lanes = 4;
  options.rate = 60'000;
  return options;
}

BeltOptions a_minute() {
  BeltOptions options;
  options.duration = 60s;
  return options;
}

/// Piece for piece, what one plan has in it.
std::vector<std::int64_t> fingerprint(const LinePlan& plan) {
  std::vector<std::int64_t> all;
  for (const LanePlan& lane : plan.lanes) {
    for (std::size_t i = 0; i < lane.belt.pieces().size(); ++i) {
      const BeltPiece& piece = lane.belt.pieces()[i];
      all.push_back(piece.trigger_at.count());
      all.push_back(piece.face);
      all.push_back(piece.triggered + 2 * piece.doubled);
      all.push_back(static_cast<std::int64_t>(lane.pictures[0][i]));
    }
  }
  for (const LinkFault& fault : plan.link) all.push_back(fault.from.count());
  return all;
}

}  // namespace

TEST_CASE("a belt brings as many pieces as its rate says, one behind the other") {
  const Belt belt = Belt::make(a_minute(), kLengths);
  CHECK(belt.pieces().size() == 1000);
  for (std::size_t i = 1; i < belt.pieces().size(); ++i) {
    const BeltPiece& before = belt.pieces()[i - 1];
    const BeltPiece& piece = belt.pieces()[i];
    CHECK(piece.leading_mm - (before.leading_mm + before.length_mm) >= kLeastGap_mm - 1e-6);
    CHECK(piece.trigger_at > before.trigger_at);
  }
}

TEST_CASE("a slower line has wider gaps and the same belt, a faster one a faster belt") {
  CHECK(belt_speed_mm_per_s(20'000) == kBelt_mm_per_s);
  CHECK(belt_speed_mm_per_s(60'000) == kBelt_mm_per_s);
  CHECK(belt_speed_mm_per_s(90'000) == 7500);
  BeltOptions options = a_minute();
  options.pieces_per_hour = 20'000;
  const Belt belt = Belt::make(options, kLengths);
  CHECK(belt.pieces().size() == 333);
  CHECK(belt.travel_mm(1s) == kBelt_mm_per_s);
}

TEST_CASE("gaps between pieces are not all the same") {
  const Belt belt = Belt::make(a_minute(), kLengths);
  std::set<std::int64_t> gaps;
  for (std::size_t i = 1; i < belt.pieces().size(); ++i) {
    gaps.insert((belt.pieces()[i].trigger_at - belt.pieces()[i - 1].trigger_at) / 1ms);
  }
  CHECK(gaps.size() > 10);
  CHECK(*gaps.begin() >= 36);
  CHECK(*gaps.rbegin() <= 84);
}

TEST_CASE("every face comes by before one comes again") {
  const Belt belt = Belt::make(a_minute(), kLengths);
  std::set<std::uint32_t> first;
  for (std::size_t i = 0; i < kLengths.size(); ++i) first.insert(belt.pieces()[i].face);
  CHECK(first.size() == kLengths.size());
}

TEST_CASE("the same seed makes the same line, another one another") {
  Options options = four_lanes();
  options.faults = {2, 5, 5, 3, 2, 4, 4, 4, 2, 1, 1};
  const auto once = fingerprint(plan_line(options, 30, kLengths));
  CHECK(once == fingerprint(plan_line(options, 30, kLengths)));
  options.seed = 2;
  CHECK(once != fingerprint(plan_line(options, 30, kLengths)));
}

TEST_CASE("lanes are staggered by their share of the time between two pieces") {
  Options options = four_lanes();
  const LinePlan plan = plan_line(options, 60, kLengths);
  const auto mean = [](const Belt& belt) {
    double sum_us = 0;
    for (std::size_t i = 0; i < 900; ++i) {
      sum_us += static_cast<double>(belt.pieces()[i].trigger_at.count());
    }
    return sum_us / 900;
  };
  const double first = mean(plan.lanes[0].belt);
  for (std::size_t lane = 1; lane < 4; ++lane) {
    const double later_ms = (mean(plan.lanes[lane].belt) - first) / 1000;
    CHECK(std::abs(later_ms - 15.0 * static_cast<double>(lane)) < 1.5);
  }
}

TEST_CASE("in a jam nothing moves, and then the belt goes back before it goes on") {
  BeltOptions options = a_minute();
  options.jams = 2;
  const Belt belt = Belt::make(options, kLengths);
  CHECK(belt.pieces().size() < 1000);
  int jams = 0;
  for (std::size_t i = 0; i + 1 < belt.spans().size(); ++i) {
    const BeltSpan& span = belt.spans()[i];
    if (!span.jam || span.mm_per_s != 0) continue;
    ++jams;
    const Micros end = belt.spans()[i + 1].from;
    CHECK(belt.travel_mm(span.from) == belt.travel_mm(end));
    CHECK(belt.travel_mm(end + 90ms) < belt.travel_mm(end));
    const bool quiet =
        std::none_of(belt.pieces().begin(), belt.pieces().end(), [&](const BeltPiece& piece) {
          return piece.trigger_at > span.from && piece.trigger_at < end;
        });
    CHECK(quiet);
  }
  CHECK(jams == 2);
}

TEST_CASE("no piece is announced twice when the belt goes back over the trigger") {
  BeltOptions options = a_minute();
  options.jams = 5;
  const Belt belt = Belt::make(options, kLengths);
  for (std::size_t i = 1; i < belt.pieces().size(); ++i) {
    CHECK(belt.pieces()[i].trigger_at > belt.pieces()[i - 1].trigger_at);
  }
}

TEST_CASE("the encoder wraps, counts travel, and goes back with the belt") {
  BeltOptions options = a_minute();
  options.jams = 1;
  const Belt belt = Belt::make(options, kLengths);
  constexpr std::uint32_t kRange = 1u << kEncoderBits;
  bool wrapped = false;
  std::uint32_t before = belt.encoder_at(belt.travel_mm(0us));
  for (Micros at = 0us; at < 60s; at += 1ms) {
    const double travel = belt.travel_mm(at);
    const std::uint32_t count = belt.encoder_at(travel);
    CHECK(count < kRange);
    const std::uint32_t step = (count - before) & (kRange - 1);
    const bool small_step = step < 100 || step > kRange - 100;
    CHECK(small_step);
    wrapped = wrapped || (count < before && step < 100);
    before = count;
  }
  CHECK(wrapped);
  CHECK(belt.encoder_at(1000) - belt.encoder_at(900) == 1000);
}

TEST_CASE("doubles, missing triggers and speed changes are as many as were asked for") {
  BeltOptions options = a_minute();
  options.doubles = 7;
  options.missing = 11;
  options.speed_changes = 3;
  const Belt belt = Belt::make(options, kLengths);
  const auto count = [&](auto which) {
    return std::count_if(belt.pieces().begin(), belt.pieces().end(), which);
  };
  CHECK(count([](const BeltPiece& piece) { return piece.doubled; }) == 7);
  CHECK(count([](const BeltPiece& piece) { return !piece.triggered; }) == 11);
  std::set<double> speeds;
  for (const BeltSpan& span : belt.spans()) speeds.insert(span.mm_per_s);
  CHECK(speeds.size() == 4);
}

TEST_CASE("a picture comes when its piece has gone on to the camera") {
  const Belt belt = Belt::make(a_minute(), kLengths);
  for (std::size_t camera = 0; camera < 3; ++camera) {
    const BeltPiece& piece = belt.pieces()[100];
    const auto at = pictured_at(belt, piece, camera);
    REQUIRE(at);
    const double travelled = belt.travel_mm(*at - kTransfer) - piece.leading_mm;
    CHECK(std::abs(travelled - camera_mm(camera)) < 0.02);
  }
}

TEST_CASE("faults that a user counts over all lanes are shared among them") {
  Options options = four_lanes();
  options.cameras_per_lane = 2;
  options.faults.missing = 10;
  options.faults.damaged = 9;
  options.faults.unplugs = 3;
  const LinePlan plan = plan_line(options, 60, kLengths);
  std::ptrdiff_t missing = 0;
  std::ptrdiff_t damaged = 0;
  int cameras_away = 0;
  for (const LanePlan& lane : plan.lanes) {
    missing += std::count_if(lane.belt.pieces().begin(), lane.belt.pieces().end(),
                             [](const BeltPiece& piece) { return !piece.triggered; });
    for (const auto& pictures : lane.pictures) {
      damaged += std::count(pictures.begin(), pictures.end(), PictureFault::damaged);
      const auto away = std::count(pictures.begin(), pictures.end(), PictureFault::away);
      if (away == 0) continue;
      ++cameras_away;
      CHECK(away >= 14);  // a second or more of a lane
      CHECK(away <= 45);
    }
  }
  CHECK(missing == 10);
  CHECK(damaged == 9);
  CHECK(cameras_away == 3);
}

TEST_CASE("every n-th piece of a lane is one on which a worker fails, each kind on its own") {
  Options options = four_lanes();
  options.worker_faults = {100, 100, 100};
  const LinePlan plan = plan_line(options, 60, kLengths);
  for (const LanePlan& lane : plan.lanes) {
    for (const WorkerFault fault : {WorkerFault::crash, WorkerFault::hang, WorkerFault::bloat}) {
      const auto pieces = std::count(lane.workers.begin(), lane.workers.end(), fault);
      CHECK(pieces >= 9);
      CHECK(pieces <= 10);
    }
  }
}

}  // namespace backstamp::simulate
