// Readings of one token at several stations, by the rules of docs/duplicates.md.
#include <algorithm>
#include <random>

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;
using postal::Reason;
using postal::StationRole;
using postal::Verdict;
using Lines = std::vector<std::string>;

namespace {

postal::ScanEvent pass(std::uint64_t number, std::int64_t second, std::string place = "LEEDS",
                       StationRole role = StationRole::pass) {
  postal::ScanEvent event = scan(number, second);
  event.role = role;
  event.place = std::move(place);
  return event;
}

postal::ScanEvent induction(std::uint64_t number, std::int64_t second) {
  return pass(number, second, "LEEDS", StationRole::induction);
}

}  // namespace

TEST_CASE("The same piece on three legitimate passes at three stations is no suspect") {
  Fixture f;
  f.enroll({1});
  f.take(batch({induction(1, 0)}, 1, "S1"));
  f.take(batch({pass(1, 600)}, 1, "S2"));
  f.take(batch({pass(1, 1200)}, 2, "S2"));
  f.take(batch({pass(1, 9000, "YORK", StationRole::delivery)}, 1, "S3"));
  CHECK(f.suspects().empty());
  CHECK(f.state(1) == "read/none");
}

TEST_CASE("Two lanes that read one token at the same time: the second is flagged") {
  for (const bool turned : {false, true}) {
    Fixture f;
    const auto first = batch({pass(1, 0)}, 1, "S1");
    const auto second = batch({pass(1, 0)}, 1, "S2");
    f.take(turned ? second : first);
    f.take(turned ? first : second);
    CHECK(f.ruled() == Lines{"duplicate two-machines S2:1"});
  }
}

TEST_CASE("Each rule across stations is named") {
  Fixture f;
  f.take(batch({induction(1, 0), pass(2, 0)}, 1, "S1"));
  f.take(batch({induction(1, 5000), pass(2, 1700, "YORK")}, 1, "S2"));
  CHECK(f.ruled() == Lines{"duplicate two-inductions S2:1", "duplicate two-places S2:2"});
}

TEST_CASE("A reading that arrives late turns a duplicate back into none") {
  Fixture f;
  // A copy in YORK is what the original seems to be too near to, until the true first one comes.
  f.take(batch({pass(1, 100, "YORK")}, 1, "S2"));
  f.take(batch({pass(1, 1000)}, 1, "S1"));
  CHECK(f.ruled() == Lines{"duplicate two-places S1:1"});
  f.take(batch({pass(1, 0)}, 1, "S3"));
  CHECK(f.ruled() == Lines{"duplicate two-places S2:1"});
}

TEST_CASE("What a station found to be a duplicate stays one, and makes no other one") {
  Fixture f;
  auto copy = diverted(1, Verdict::genuine, Reason::duplicate, 10);
  copy.rule = "same-machine";
  f.take(batch({copy}, 1, "S2"));
  f.take(batch({scan(1, 20)}, 1, "S1"));
  CHECK(f.ruled() == Lines{"duplicate same-machine S2:1"});
}

TEST_CASE("A piece that its station fed once more is no duplicate, elsewhere it is") {
  Fixture f;
  auto refed = induction(1, 120);
  refed.rule = "refed";
  f.take(batch({induction(1, 0), refed}, 1, "S1"));
  CHECK(f.suspects().empty());
  auto elsewhere = induction(1, 300);
  elsewhere.rule = "refed";
  f.take(batch({elsewhere}, 1, "S2"));
  CHECK(f.ruled() == Lines{"duplicate two-inductions S2:1"});
}

TEST_CASE("A rejected piece may be fed at another machine of its place") {
  Fixture f;
  auto rejected = induction(1, 0);
  rejected.decision = postal::Decision::divert;
  rejected.reason = Reason::stale_keys;
  f.take(batch({rejected}, 1, "S1"));
  f.take(batch({induction(1, 300)}, 1, "S2"));
  CHECK(f.suspects() == Lines{"stale_keys S1:1"});
  f.take(batch({induction(1, 600)}, 1, "S3"));
  CHECK(f.ruled() == Lines{"duplicate two-inductions S3:1", "stale_keys  S1:1"});
}

TEST_CASE("However often a token is copied, work on it is bounded and every copy is flagged") {
  Fixture f;
  std::vector<postal::ScanEvent> events;
  for (std::int64_t i = 0; i < 200; ++i) events.push_back(pass(1, i * 100));
  std::mt19937_64 random(5);
  std::shuffle(events.begin(), events.end(), random);
  f.take(batch(events));
  const auto found = f.ruled();
  CHECK(found.size() == 200 - postal::kMostReadings);
  for (const auto& line : found) CHECK(line.starts_with("duplicate too-many-readings"));
}

TEST_CASE("A suspect scan is reviewed by somebody, and stays in the list from then on") {
  Fixture f;
  f.take(batch({pass(1, 100, "YORK")}, 1, "S2"));
  f.take(batch({pass(1, 1000)}, 1, "S1"));
  const postal::EventId scan{"S1", 77, 1};
  CHECK_FALSE(f.store->review({"S9", 77, 1}, Review::confirmed, "ann", at(5)));
  CHECK_FALSE(f.store->review(scan, Review::confirmed, "", at(5)));
  REQUIRE(f.store->review(scan, Review::confirmed, "ann", at(2000)));
  f.take(batch({pass(1, 0)}, 1, "S3"));
  CHECK(f.ruled() == Lines{"duplicate two-places S1:1", "duplicate two-places S2:1"});
  REQUIRE(f.store->each_suspect([&](const SuspectRecord& suspect) {
    if (suspect.event.id != scan) return;
    CHECK(suspect.review == Review::confirmed);
    CHECK(suspect.reviewed_by == "ann");
    CHECK(suspect.reviewed_at == at(2000));
  }));
  const auto meters = f.store->suspects_by_meter();
  REQUIRE(meters);
  REQUIRE(meters->size() == 1);
  CHECK(meters->front().meter == kMeter);
  CHECK(meters->front().rule == "two-places");
  CHECK(meters->front().open == 1);
  CHECK(meters->front().confirmed == 1);
}

}  // namespace backstamp::datacenter
