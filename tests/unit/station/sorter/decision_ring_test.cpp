#include "station/sorter/decision_ring.h"

#include <atomic>

#include "link_fixture.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using backstamp::test::check_decision;
using backstamp::test::decision_of;
using Found = DecisionRing::Found;

}  // namespace

TEST_CASE("a ring gives back what it was given, by number, as long as it keeps it") {
  DecisionRing ring(10);
  CHECK(ring.capacity() == 16);
  CHECK(ring.newest() == 0);
  CHECK(ring.oldest() == 1);
  SorterDecision got;
  CHECK(ring.read(1, got) == Found::not_yet);
  for (std::uint64_t piece = 1; piece <= 20; ++piece) CHECK(ring.push(decision_of(piece)) == piece);
  CHECK(ring.oldest() == 5);
  CHECK(ring.read(4, got) == Found::gone);
  for (std::uint64_t sequence = 5; sequence <= 20; ++sequence) {
    REQUIRE(ring.read(sequence, got) == Found::yes);
    CHECK(got.piece == sequence);
    check_decision(got);
  }
  CHECK(ring.read(21, got) == Found::not_yet);
}

TEST_CASE("times and the absence of an encoder survive the ring") {
  DecisionRing ring(1);
  SorterDecision decision = decision_of(3);
  REQUIRE_FALSE(decision.encoder.has_value());
  decision.due = decision.decided + std::chrono::milliseconds(5);
  ring.push(decision);
  SorterDecision got;
  REQUIRE(ring.read(1, got) == Found::yes);
  CHECK(got.due == decision.due);
  CHECK(got.decided == decision.decided);
  CHECK(got.triggered == decision.triggered);
  CHECK_FALSE(got.encoder.has_value());
}

TEST_CASE("readers of a ring that is written by several never see half a decision") {
  constexpr std::uint64_t kEach = 100'000;
  DecisionRing ring(64);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> mixed{0};
  std::uint64_t whole = 0;
  const auto read_all = [&] {
    SorterDecision got;
    const std::uint64_t newest = ring.newest();
    for (std::uint64_t n = ring.oldest(); n <= newest; ++n) {
      if (ring.read(n, got) != Found::yes) continue;
      ++whole;
      if (got.machine_piece != got.piece * 7 || got.outlet != got.piece % 60'000) ++mixed;
    }
  };
  std::thread reader([&] {
    while (!done) read_all();
  });
  std::vector<std::thread> writers;
  for (std::uint64_t w = 0; w < 3; ++w) {
    writers.emplace_back([&ring, w] {
      for (std::uint64_t i = 0; i < kEach; ++i) ring.push(decision_of(w * kEach + i + 1));
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  read_all();
  CHECK(ring.newest() == 3 * kEach);
  CHECK(mixed == 0);
  CHECK(whole > 0);
}
