#include <catch2/catch_test_macros.hpp>

#include "programs/simulate/ledger.h"

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart = SteadyTime{} + 1000s;

/// Two lanes with some pieces each, and a deadline of 250 ms.
class Accounts {
 public:
  Accounts() {
    BeltOptions options;
    options.duration = 2s;
    const std::vector<double> lengths{200};
    belts_ = {Belt::make(options, lengths), Belt::make(options, lengths)};
    ledger.emplace(belts_, 250ms);
  }
  void decide(std::uint32_t lane, std::uint64_t piece, SteadyTime at, bool late = false) {
    ledger->decided({lane, piece, late, at});
  }

  std::optional<Ledger> ledger;

 private:
  std::vector<Belt> belts_;
};

}  // namespace

TEST_CASE("a piece that is decided once and soon is in time") {
  Accounts accounts;
  accounts.ledger->triggered(0, 0, kStart);
  CHECK(accounts.ledger->under_way(0) == 1);
  accounts.decide(0, 1, kStart + 250ms);
  const LedgerSums sums = accounts.ledger->sums();
  CHECK(accounts.ledger->under_way(0) == 0);
  CHECK(sums.passed == 1);
  CHECK(sums.decided == 1);
  CHECK(sums.in_time == 1);
  CHECK(sums.too_late + sums.lost + sums.repeated + sums.unknown == 0);
}

TEST_CASE("a decision a moment after the deadline is too late, whatever the station says") {
  Accounts accounts;
  accounts.ledger->triggered(0, 0, kStart);
  accounts.decide(0, 1, kStart + 250ms + 1us, false);
  CHECK(accounts.ledger->sums().too_late == 1);
  CHECK(accounts.ledger->sums().in_time == 0);
}

TEST_CASE("a piece without a decision is lost") {
  Accounts accounts;
  accounts.ledger->triggered(1, 3, kStart);
  CHECK(accounts.ledger->sums().lost == 1);
  CHECK(accounts.ledger->under_way(1) == 1);
}

TEST_CASE("a second decision on a piece is counted, and does not make another piece's") {
  Accounts accounts;
  accounts.ledger->triggered(0, 0, kStart);
  accounts.ledger->triggered(0, 1, kStart);
  accounts.decide(0, 1, kStart + 1ms);
  accounts.decide(0, 1, kStart + 2ms);
  const LedgerSums sums = accounts.ledger->sums();
  CHECK(sums.repeated == 1);
  CHECK(sums.lost == 1);
  CHECK(accounts.ledger->under_way(0) == 1);
}

TEST_CASE("decisions on pieces that never were are told apart") {
  Accounts accounts;
  accounts.decide(0, 100'000, kStart);
  accounts.decide(7, 1, kStart);
  CHECK(accounts.ledger->sums().unknown == 2);
}

TEST_CASE("a piece that only a camera saw is one piece with one decision") {
  Accounts accounts;
  accounts.ledger->pictured(0, 4);
  CHECK_FALSE(accounts.ledger->settled());
  accounts.decide(0, 0, kStart);
  const LedgerSums sums = accounts.ledger->sums();
  CHECK(accounts.ledger->settled());
  CHECK(sums.passed == 1);
  CHECK(sums.untriggered == 1);
  CHECK(sums.triggered == 0);
}

TEST_CASE("a trigger that could not be sent announces nothing") {
  Accounts accounts;
  accounts.ledger->triggered(0, 0, kStart);
  accounts.ledger->not_sent(0, 0);
  CHECK(accounts.ledger->sums().passed == 0);
  CHECK(accounts.ledger->under_way(0) == 0);
  accounts.ledger->pictured(0, 0);
  CHECK(accounts.ledger->sums().passed == 1);
}

TEST_CASE("a decision that came for nobody's trigger makes no room for another piece") {
  Accounts accounts;
  accounts.ledger->triggered(0, 0, kStart);
  accounts.ledger->triggered(0, 1, kStart);
  accounts.decide(0, 0, kStart + 1ms);
  CHECK(accounts.ledger->under_way(0) == 2);
}

TEST_CASE("a trigger that a broken link swallowed is no decision lost, and one before it is") {
  Accounts accounts;
  accounts.ledger->link_broken(kStart + 1s, kStart + 2s);
  accounts.ledger->triggered(0, 0, kStart);
  accounts.ledger->triggered(0, 1, kStart + 999ms);
  accounts.ledger->triggered(0, 2, kStart + 1500ms);
  CHECK(accounts.ledger->sums().swallowed == 2);
  CHECK(accounts.ledger->sums().lost == 1);
  // Of those that were swallowed the station knows by their pictures, or not at all.
  CHECK(accounts.ledger->sums().passed == 1);
  accounts.ledger->pictured(0, 2);
  CHECK(accounts.ledger->sums().passed == 2);
  CHECK(accounts.ledger->sums().unseen >= 1);
}

TEST_CASE("a piece that the simulation was too late to show is still a piece") {
  Accounts accounts;
  accounts.ledger->triggered(0, 0, kStart);
  accounts.ledger->not_shown(0, 0);
  accounts.decide(0, 1, kStart + 1ms);
  CHECK(accounts.ledger->sums().passed == 1);
  CHECK(accounts.ledger->sums().not_shown == 1);
}

TEST_CASE("while the belt stands no deadline comes nearer") {
  Accounts accounts;
  accounts.ledger->stood(0, kStart + 50ms, kStart + 2050ms);
  accounts.ledger->triggered(0, 0, kStart);
  accounts.ledger->triggered(1, 0, kStart);  // the other lane goes on
  accounts.decide(0, 1, kStart + 2200ms);
  accounts.decide(1, 1, kStart + 2200ms);
  CHECK(accounts.ledger->sums().in_time == 1);
  CHECK(accounts.ledger->sums().too_late == 1);
}

TEST_CASE("what is late because the link was broken on purpose is counted apart") {
  Accounts accounts;
  accounts.ledger->link_broken(kStart + 100ms, kStart + 900ms);
  accounts.ledger->triggered(0, 0, kStart);
  accounts.decide(0, 1, kStart + 950ms);
  accounts.ledger->triggered(0, 1, kStart + 1s);  // after it
  accounts.decide(0, 2, kStart + 2s);
  CHECK(accounts.ledger->sums().excused == 1);
  CHECK(accounts.ledger->sums().too_late == 1);
}

}  // namespace backstamp::simulate
