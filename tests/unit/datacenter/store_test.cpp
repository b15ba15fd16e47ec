#include "datacenter/store/store.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;
using postal::NoReadCause;
using postal::Reason;
using postal::Verdict;
using Lines = std::vector<std::string>;

TEST_CASE("A piece is registered, read, and both are announced") {
  Fixture f;
  f.enroll({1, 2});
  CHECK(f.state(1) == "registered/none");
  CHECK(f.take(batch({scan(1)})) == 1);
  CHECK(f.state(1) == "read/none");
  CHECK(f.state(2) == "registered/none");
  CHECK(f.notices() == Lines{"1 received registered", "2 received registered", "3 read read"});
  CHECK(f.notices(2) == Lines{"3 read read"});
  CHECK(f.notices(3).empty());
}

TEST_CASE("A scan that comes before its registration is joined when it is registered") {
  Fixture f;
  f.take(batch({scan(1)}));
  CHECK(f.state(1) == "absent");
  CHECK(f.store->report_totals()->states[4].count == 1);
  f.enroll({1});
  CHECK(f.state(1) == "read/none");
  CHECK(f.notices() == Lines{"1 received registered", "2 read read"});
  CHECK(f.store->report_totals()->states[4].count == 0);
}

TEST_CASE("A scan that has only the token is joined by it, before and after registration") {
  Fixture f;
  postal::ScanEvent first = scan(1);
  first.code.reset();
  postal::ScanEvent second = scan(2);
  second.code.reset();
  f.enroll({2});
  f.take(batch({first, second}));
  f.enroll({1});
  CHECK(f.state(1) == "read/none");
  CHECK(f.state(2) == "read/none");
}

TEST_CASE("The same registration again is known; other particulars are refused, all or nothing") {
  Fixture f;
  f.enroll({1});
  std::vector<Registration> both = {registration(1), registration(2), registration(2)};
  const auto again = f.store->register_pieces(kMeter, both, at(1));
  REQUIRE(again);
  CHECK(again->registered == 1);
  CHECK(again->known == 2);

  std::vector<Registration> changed = {registration(3), registration(1)};
  changed[1].postage.mills = 999;
  const auto refused = f.store->register_pieces(kMeter, changed, at(2));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().message.find(code(1)) != std::string::npos);
  CHECK(f.state(3) == "absent");

  std::vector<Registration> counter_taken = {registration(4)};
  counter_taken[0].token.counter = 1;
  const auto taken = f.store->register_pieces(kMeter, counter_taken, at(3));
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == ErrorKind::refused);
  CHECK(taken.error().message.find("counter 1") != std::string::npos);
  CHECK_FALSE(f.store->register_pieces(8, std::vector{registration(5)}, at(3)));
  CHECK(f.notices().size() == 2);
}

TEST_CASE("Repeated and overlapping batches take effect once") {
  Fixture f;
  f.enroll({1, 2, 3, 4});
  std::vector<postal::ScanEvent> all = batch({scan(1), scan(2), scan(3), scan(4)}).events;
  const auto part = [&](std::size_t from, std::size_t to) {
    return batch({all.begin() + static_cast<std::ptrdiff_t>(from),
                  all.begin() + static_cast<std::ptrdiff_t>(to)},
                 from + 1);
  };
  CHECK(f.take(part(0, 2)) == 2);
  CHECK(f.take(part(0, 2)) == 2);
  CHECK(f.take(part(1, 4)) == 4);
  CHECK(f.take(part(0, 4)) == 4);
  CHECK(f.notices().size() == 8);
  CHECK(f.counters()["events_stored"] == 4);
  CHECK(f.counters()["events_known"] == 7);
  CHECK(f.suspects().empty());
}

TEST_CASE("Beyond a gap events are kept but not acknowledged until the gap is filled") {
  Fixture f;
  CHECK(f.take(batch({scan(1)}, 1)) == 1);
  CHECK(f.take(batch({scan(4), scan(5)}, 4)) == 1);
  CHECK(f.take(batch({scan(7)}, 7)) == 1);
  CHECK(f.take(batch({scan(2), scan(3)}, 2)) == 5);
  CHECK(f.take(batch({scan(6)}, 6)) == 7);
  CHECK(f.take(batch({scan(9)}, 3, "S2")) == 0);
  CHECK(f.take(batch({scan(10)}, 1, "S1", 78)) == 1);
}

TEST_CASE("Another content under a taken identity is a conflict and changes nothing") {
  Fixture f;
  f.enroll({1, 2});
  f.take(batch({scan(1)}));
  CHECK(f.take(batch({scan(2)})) == 1);
  CHECK(f.take(batch({scan(2)})) == 1);
  CHECK(f.state(1) == "read/none");
  CHECK(f.state(2) == "registered/none");
  CHECK(f.store->report_totals()->conflicts == 1);
  CHECK(f.counters()["events_conflicting"] == 2);
}

TEST_CASE("A batch that is not what it says is refused whole") {
  Fixture f;
  uplink::EventBatch wrong = batch({scan(1), scan(2)});
  wrong.events[1].id.sequence = 7;
  CHECK_FALSE(f.store->store_batch(wrong, at(0)));
  wrong = batch({scan(1), scan(2)});
  wrong.events[1].id.station = "S2";
  CHECK_FALSE(f.store->store_batch(wrong, at(0)));
  wrong = batch({scan(1)});
  wrong.station = "../S1";
  CHECK_FALSE(f.store->store_batch(wrong, at(0)));
  CHECK_FALSE(f.store->store_batch(batch({}), at(0)));
  CHECK_FALSE(f.store->store_batch(batch({scan(1)}, ~0ull), at(0)));
  CHECK(f.store->report_totals()->events == 0);
}

TEST_CASE("After the waiting period a piece was not read, and a late scan corrects that") {
  Fixture f;
  f.enroll({1, 2}, at(0));
  using std::chrono::seconds;
  CHECK(f.store->sweep(at(50), seconds(60), 10).value() == 0);
  f.take(batch({scan(2)}));
  CHECK(f.store->sweep(at(61), seconds(60), 10).value() == 1);
  CHECK(f.store->sweep(at(61), seconds(60), 10).value() == 0);
  CHECK(f.state(1) == "not_read/none");
  f.take(batch({scan(1, 99)}, 2));
  CHECK(f.state(1) == "read/none");
  const auto history = f.store->history(kMeter, code(1));
  REQUIRE(history);
  REQUIRE(history->size() == 3);
  CHECK((*history)[0].kind == NoticeKind::received);
  CHECK((*history)[1].kind == NoticeKind::not_read);
  CHECK((*history)[2].kind == NoticeKind::corrected);
  CHECK((*history)[2].state == PieceState::read);
  CHECK((*history)[2].station == "S1");
  CHECK((*history)[2].at == at(99));
}

TEST_CASE("Mail that is dated ahead waits from its day") {
  Fixture f;
  Registration ahead = registration(1);
  ahead.mailed = utc_date(at(3 * 86400));
  REQUIRE(f.store->register_pieces(kMeter, std::vector{ahead}, at(0)));
  CHECK(f.store->sweep(at(86400), std::chrono::seconds(60), 10).value() == 0);
  CHECK(f.store->sweep(at(4 * 86400), std::chrono::seconds(60), 10).value() == 1);
}

TEST_CASE("A forged scan that bears a registered code is recorded and changes nothing") {
  Fixture f;
  f.enroll({1});
  f.take(batch({diverted(1, Verdict::forged, Reason::forged)}));
  CHECK(f.state(1) == "registered/none");
  CHECK(f.suspects() == Lines{"forged S1:1"});
  REQUIRE(f.store->sweep(at(100), std::chrono::seconds(1), 10).value() == 1);
  CHECK(f.state(1) == "not_read/none");
  const auto against = f.store->suspects(kMeter, code(1));
  REQUIRE(against);
  REQUIRE(against->size() == 1);
  CHECK((*against)[0].registered);
}

TEST_CASE("A revoked token makes its piece suspect; a copy leaves the read piece read") {
  Fixture f;
  f.enroll({1, 2});
  f.take(batch({diverted(1, Verdict::revoked, Reason::revoked), scan(2, 1),
                diverted(2, Verdict::genuine, Reason::duplicate, 5)}));
  CHECK(f.state(1) == "suspect/revoked");
  CHECK(f.state(2) == "read/none");
  CHECK(f.suspects() == Lines{"duplicate S1:3", "revoked S1:1"});
}

TEST_CASE("One token accepted at two stations is a duplicate: all but the earliest") {
  Fixture f;
  f.take(batch({scan(1, 20)}, 1, "S2"));
  CHECK(f.suspects().empty());
  f.take(batch({scan(1, 10)}, 1, "S1"));
  CHECK(f.suspects() == Lines{"duplicate S2:1"});
  f.take(batch({scan(1, 30)}, 1, "S3"));
  CHECK(f.suspects() == Lines{"duplicate S2:1", "duplicate S3:1"});
  f.take(batch({scan(1, 5)}, 1, "S4"));
  CHECK(f.suspects() == Lines{"duplicate S1:1", "duplicate S2:1", "duplicate S3:1"});
  f.enroll({1});
  CHECK(f.state(1) == "read/none");
}

TEST_CASE("Events without a code are counted by station and cause") {
  Fixture f;
  f.take(batch({no_read(NoReadCause::checksum), no_read(NoReadCause::checksum), scan(1)}));
  f.take(batch({no_read(NoReadCause::nothing_found)}, 1, "S2"));
  const auto totals = f.store->report_totals();
  REQUIRE(totals);
  REQUIRE(totals->no_reads.size() == 2);
  CHECK(totals->no_reads[0].station == "S1");
  CHECK(totals->no_reads[0].cause == NoReadCause::checksum);
  CHECK(totals->no_reads[0].count == 2);
  std::size_t listed = 0;
  REQUIRE(f.store->each_event(true, [&](const postal::ScanEvent&) { ++listed; }));
  CHECK(listed == 3);
  CHECK(totals->positions.size() == 2);
}

TEST_CASE("A key opens its own meter and no other's; unknown keys open nothing") {
  Fixture f;
  CHECK(f.store->meter_of_key(f.key).value() == kMeter);
  CHECK_FALSE(f.store->meter_of_key("bsk_00").value().has_value());
  CHECK_FALSE(f.store->add_meter("Acme", kMeter, "again"));
  CHECK(f.store->add_meter("Nobody", 8, "x").error().kind == ErrorKind::not_found);
  CHECK(f.store->add_account("Acme").error().kind == ErrorKind::refused);
}

TEST_CASE("A store is found again after it was closed, and can be read beside its writer") {
  Fixture f;
  f.enroll({1});
  f.take(batch({scan(1)}));
  const auto beside = Store::open(f.folder / "store.db", DatabaseMode::read_only);
  REQUIRE(beside);
  CHECK((*beside)->report_totals()->events == 1);
  CHECK((*beside)->add_account("B").error().kind == ErrorKind::refused);
  f.store.reset();
  f.store = std::move(*Store::open(f.folder / "store.db", DatabaseMode::existing));
  CHECK(f.state(1) == "read/none");
  CHECK(f.take(batch({scan(1)})) == 1);
  CHECK(f.notices().size() == 2);
}

TEST_CASE("A file that is not ours, or of another version, is refused by name") {
  TemporaryFolder folder;
  CHECK(Store::open(folder / "none.db", DatabaseMode::existing).error().kind ==
        ErrorKind::not_found);
  std::ofstream(folder / "text.db") << "this is not a database, whatever its name may say";
  const auto text = Store::open(folder / "text.db", DatabaseMode::create);
  REQUIRE_FALSE(text);
  CHECK(text.error().message.find("text.db") != std::string::npos);
  {
    Database other(folder / "other.db", DatabaseMode::create);
    other.execute("CREATE TABLE t (x)");
  }
  CHECK(Store::open(folder / "other.db", DatabaseMode::create).error().kind == ErrorKind::invalid);
}

}  // namespace backstamp::datacenter
