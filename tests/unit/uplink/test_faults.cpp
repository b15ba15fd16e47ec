// Power cuts, full disks and failed syncs, from seeds.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "tests/unit/uplink/events.h"
#include "tests/unit/uplink/faulty_storage.h"
#include "uplink/event_log.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

using namespace std::chrono_literals;
using test::FaultyStorage;
using test::Folder;
using test::same_content;
using test::sample_event;

EventLogOptions options_for(const Folder& folder, std::shared_ptr<FaultyStorage> storage) {
  EventLogOptions options;
  options.directory = folder.path() / "spool";
  options.station = "leeds-7";
  options.segment_bytes = 8192;
  options.commit_interval = 0us;
  options.storage = std::move(storage);
  return options;
}

unsigned campaign(unsigned usual) {
  return std::getenv("BACKSTAMP_LONG") ? usual * 50 : usual;
}

/// What the world outside knows of a spool's life over several power cuts.
struct Witness {
  std::map<std::uint64_t, std::uint64_t> piece_of;  ///< sequence → the piece last appended as it
  std::uint64_t committed = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t pieces = 0;

  void check(const EventLog& log) const {
    REQUIRE(log.committed() >= committed);
    REQUIRE(log.acknowledged() == acknowledged);
    const auto events = log.read(1, 100'000);
    REQUIRE(events);
    REQUIRE(events->size() == log.committed());
    for (const auto& event : *events) {
      const std::uint64_t sequence = event.id.sequence;
      const auto known = piece_of.find(sequence);
      if (is_gap(event)) {
        // Only what was never committed may be lost.
        CHECK((sequence > committed || known == piece_of.end()));
      } else {
        REQUIRE(known != piece_of.end());
        CHECK(same_content(event, sample_event(known->second)));
      }
    }
  }
};

TEST_CASE("after a power cut at any time every committed event is there, and none is wrong") {
  for (unsigned seed = 1; seed <= campaign(25); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Folder folder;
    Witness witness;
    std::uint64_t epoch = 0;
    for (int life = 0; life < 6; ++life) {
      auto storage = std::make_shared<FaultyStorage>(random());
      auto log = EventLog::open(options_for(folder, storage));
      REQUIRE(log);
      if (witness.committed > 0) CHECK(log->epoch() == epoch);
      epoch = log->epoch();
      witness.check(*log);
      // Gaps that recovery made are committed: no sequence of theirs is used again.
      for (std::uint64_t s = witness.committed + 1; s <= log->committed(); ++s)
        if (is_gap(log->read(s, 1)->at(0))) witness.piece_of.erase(s);
      witness.committed = log->committed();
      const std::uint64_t count = random() % 60;
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto sequence = log->append(sample_event(++witness.pieces));
        REQUIRE(sequence);
        REQUIRE(*sequence > witness.committed);
        witness.piece_of[*sequence] = witness.pieces;
        if (random() % 8 == 0) REQUIRE(log->wait_committed(*sequence, 10s));
      }
      witness.committed = log->committed();
      if (witness.committed > 0 && random() % 2 == 0) {
        witness.acknowledged = std::max(witness.acknowledged, 1 + random() % witness.committed);
        REQUIRE(log->acknowledge(witness.acknowledged));
      }
      storage->cut_power();
    }
  }
}

TEST_CASE("a full disk or a failed sync stops the log for good, and loses nothing committed") {
  using Fault = FaultyStorage::Fault;
  for (const Fault fault : {Fault::write, Fault::short_write, Fault::sync}) {
    for (unsigned after = 0; after < 12; ++after) {
      CAPTURE(static_cast<int>(fault), after);
      const Folder folder;
      auto storage = std::make_shared<FaultyStorage>(after);
      std::uint64_t committed = 0;
      {
        auto log = EventLog::open(options_for(folder, storage));
        REQUIRE(log);
        storage->fail_at(fault, after, ErrorKind::unavailable);
        std::uint64_t piece = 0;
        while (piece < 200) {
          const auto sequence = log->append(sample_event(++piece));
          if (!sequence || !log->wait_committed(*sequence, 10s)) break;
        }
        REQUIRE(piece < 200);
        committed = log->committed();
        CHECK(committed == piece - 1);
        // It has stopped and stays stopped, although the disk works again.
        storage->fail_at(Fault::none, 0);
        CHECK(log->append(sample_event(1)).error().kind == ErrorKind::io);
        CHECK(log->wait_committed(piece, 1s).error().kind == ErrorKind::io);
        CHECK(log->read(1, 1000)->size() == committed);
      }
      auto log = EventLog::open(options_for(folder, std::make_shared<FaultyStorage>(1)));
      REQUIRE(log);
      REQUIRE(log->committed() >= committed);
      for (std::uint64_t sequence = 1; sequence <= committed; ++sequence)
        CHECK(same_content(log->read(sequence, 1)->at(0), sample_event(sequence)));
    }
  }
}

TEST_CASE("an acknowledgement that cannot be kept stops the log") {
  const Folder folder;
  auto storage = std::make_shared<FaultyStorage>(1);
  auto log = EventLog::open(options_for(folder, storage));
  REQUIRE(log->append(sample_event(1)));
  REQUIRE(log->wait_committed(1, 10s));
  storage->fail_at(FaultyStorage::Fault::sync, 0);
  CHECK_FALSE(log->acknowledge(1).has_value());
  CHECK(log->acknowledged() == 0);
  CHECK(log->append(sample_event(2)).error().kind == ErrorKind::io);
}

}  // namespace
}  // namespace backstamp::uplink
