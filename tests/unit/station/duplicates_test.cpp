#include "station/duplicates.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/postal/key_fixtures.h"

namespace {

using namespace backstamp;
using namespace std::chrono_literals;
using postal::StationRole;

const UtcTime kNoon{std::chrono::microseconds(1'790'000'000'000'000)};

/// A lane without a camera: pieces are read as the test says, judged and noted.
struct Line {
  station::DuplicateIndex index = station::DuplicateIndex::in_memory();
  station::DuplicateJudge judge{index, {}};
  std::uint64_t sequence = 0;

  station::History read(const postal::Token& token, std::chrono::milliseconds after,
                        StationRole role = StationRole::induction,
                        postal::Reason reason = postal::Reason::none, bool late = false) {
    postal::ScanEvent event;
    event.id = {"lane-1", 7, ++sequence};
    event.induced_at = kNoon + after;
    event.role = role;
    event.token = token.identity;
    event.verdict = postal::Verdict::genuine;
    event.codes = {{postal::Symbology::data_matrix,
                    postal::mint_token(token, postal::seeded_key(42)).value(),
                    {}},
                   {postal::Symbology::imb, {}, token.code}};
    judge.induced(event.induced_at);
    const station::History history = judge.look(event, token);
    event.reason = history.broken.empty() ? reason : postal::Reason::duplicate;
    event.decision =
        event.reason == postal::Reason::none ? postal::Decision::accept : postal::Decision::divert;
    event.rule = history.refed ? "refed" : std::string(history.broken);
    event.late = late;
    index.note(event);
    return history;
  }
};

postal::Token other_token() {
  postal::Token token = postal::example_token();
  token.identity.counter += 1;
  return token;
}

}  // namespace

TEST_CASE("a second induction is a duplicate, and so is every one after it") {
  Line line;
  const auto token = postal::example_token();
  for (int i = 0; i < 8; ++i) line.read(other_token(), i * 5s, StationRole::pass);
  CHECK(line.read(token, 40s).broken.empty());
  for (int i = 0; i < 4; ++i) line.read(other_token(), 45s + i * 5s, StationRole::pass);
  CHECK(line.read(token, 62s).broken == "two-inductions");
  CHECK(line.read(token, 64s).broken == "two-inductions");
}

TEST_CASE("a piece comes by a later pass as often as it can be carried there") {
  Line line;
  const auto token = postal::example_token();
  CHECK(line.read(token, 0s).broken.empty());
  for (int pass = 1; pass < 8; ++pass) {
    CHECK(line.read(token, pass * 20min, StationRole::pass).broken.empty());
  }
  CHECK(line.read(token, 7 * 20min + 2s, StationRole::pass).broken == "same-machine");
  CHECK(line.read(token, 24h).broken == "two-inductions");
}

TEST_CASE("a rejected piece is fed once more, once") {
  Line line;
  const auto token = postal::example_token();
  CHECK(line.read(token, 0s, StationRole::induction, postal::Reason::stale_keys).broken.empty());
  const auto again = line.read(token, 30s);
  CHECK(again.broken.empty());
  CHECK(again.refed);
  for (int i = 0; i < 10; ++i) line.read(other_token(), 35s + i * 5s, StationRole::pass);
  CHECK(line.read(token, 85s).broken == "two-inductions");
}

TEST_CASE("a piece that was decided too late fell into the rejects, and is fed once more") {
  Line line;
  const auto token = postal::example_token();
  line.read(token, 0s, StationRole::induction, postal::Reason::none, true);
  CHECK(line.read(token, 30s).refed);
}

TEST_CASE("after a jam what was in the track is fed once more, and what had left it is not") {
  Line line;
  const auto left = other_token();
  const auto jammed = postal::example_token();
  line.read(left, 0s);
  for (int i = 1; i < 8; ++i) line.read(left, i * 5s, StationRole::pass);  // rests, as passes do
  line.read(jammed, 38s);
  // Nothing for a minute, then the pieces from the track.
  CHECK(line.read(jammed, 100s).refed);
  CHECK(line.read(jammed, 101s).broken == "same-machine");
  CHECK(line.read(jammed, 108s).broken == "same-machine");
  CHECK(line.read(jammed, 115s).broken == "two-inductions");
}

TEST_CASE("one counter that says two things is a duplicate at once") {
  Line line;
  auto token = postal::example_token();
  line.read(token, 0s);
  token.postage.mills += 100;
  CHECK(line.read(token, 24h, StationRole::pass).broken == "another-statement");
}
