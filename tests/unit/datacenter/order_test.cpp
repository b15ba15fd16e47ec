// Whatever the order of arrival, the end is the same.
#include <algorithm>
#include <functional>
#include <random>

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;
using postal::Reason;
using postal::Verdict;

namespace {

constexpr std::uint64_t kPieces = 12;

/// One scan of one of the pieces, of any kind a station may send.
postal::ScanEvent any_scan(std::mt19937_64& random) {
  const std::uint64_t number = 1 + random() % kPieces;
  const auto second = static_cast<std::int64_t>(random() % 20 * 150);
  postal::ScanEvent event = scan(number, second);
  event.role = static_cast<postal::StationRole>(random() % 3);
  event.place = random() % 2 == 0 ? "LEEDS" : "YORK";
  if (random() % 8 == 0) event.rule = "refed";
  switch (random() % 11) {
    case 0:
      return diverted(number, Verdict::forged, Reason::forged, second);
    case 1:
      return diverted(number, Verdict::revoked, Reason::revoked, second);
    case 2:
      return diverted(number, Verdict::genuine, Reason::duplicate, second);
    case 3:
      return diverted(number, Verdict::genuine, Reason::stale_date, second);
    case 4:
      return no_read(postal::NoReadCause::checksum, second);
    case 5:
      event.token->counter = 1 + random() % kPieces;
      return event;
    case 6:
      event.code.reset();
      return event;
    case 7:
      event.token.reset();
      return event;
    case 8:
      return diverted(number, Verdict::unsigned_, Reason::no_postage, second);
    default:
      return event;
  }
}

/// All that must not depend on the order: states, decisive scans, suspects, counts.
std::vector<std::string> end_of(Fixture& f) {
  std::vector<std::string> lines = f.ruled();
  REQUIRE(f.store->each_piece([&](const PieceRecord& piece) {
    lines.push_back(piece.code + " " + std::string(to_string(piece.state)) + "/" +
                    std::string(postal::to_string(piece.reason)) +
                    (piece.registration ? " registered" : "") +
                    (piece.sighting ? " by " + piece.sighting->event.station + ":" +
                                          std::to_string(piece.sighting->event.sequence)
                                    : ""));
  }));
  std::sort(lines.begin(), lines.end());
  const auto totals = f.store->report_totals();
  REQUIRE(totals);
  for (const MeterTotals& meter : totals->meters) {
    for (const NamedCount& state : meter.states) {
      if (state.count != 0) lines.push_back(state.name + " " + std::to_string(state.count));
    }
  }
  for (const StationCause& cause : totals->no_reads) {
    lines.push_back(cause.station + " no reads " + std::to_string(cause.count));
  }
  for (const StationPosition& position : totals->positions) {
    lines.push_back(position.station + " up to " + std::to_string(position.contiguous));
  }
  lines.push_back(std::to_string(totals->events) + " events");
  return lines;
}

}  // namespace

TEST_CASE("Any order of registrations and scans, with repeats, ends in the same states") {
  const unsigned rounds = std::getenv("BACKSTAMP_LONG") != nullptr ? 60 : 8;
  for (unsigned seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<std::function<void(Fixture&)>> steps;
    for (std::uint64_t number = 1; number <= kPieces; ++number) {
      if (random() % 5 == 0) continue;
      const auto step = [number](Fixture& f) { f.enroll({number}); };
      steps.push_back(step);
      if (random() % 4 == 0) steps.push_back(step);
    }
    for (const std::string station : {"S1", "S2"}) {
      for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
        const uplink::EventBatch one = batch({any_scan(random)}, sequence, station);
        const auto step = [one](Fixture& f) { f.take(one); };
        steps.push_back(step);
        if (random() % 4 == 0) steps.push_back(step);
      }
    }
    std::vector<std::string> expected;
    for (int order = 0; order < 4; ++order) {
      Fixture f;
      for (const auto& step : steps) step(f);
      const std::vector<std::string> found = end_of(f);
      if (order == 0) expected = found;
      CHECK(found == expected);
      std::shuffle(steps.begin(), steps.end(), random);
    }
  }
}

}  // namespace backstamp::datacenter
