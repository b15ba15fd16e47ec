#include "datacenter/reconcile/join.h"

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;
using postal::Decision;
using postal::NoReadCause;
using postal::Reason;
using postal::Verdict;

namespace {

PieceFacts registered(std::uint64_t number) {
  PieceFacts facts;
  facts.registered = registration(number).token;
  return facts;
}

StateOfPiece after(PieceFacts facts, const postal::ScanEvent& event, bool code_matches = true) {
  absorb(facts, event, 1, code_matches);
  return state_of(facts);
}

}  // namespace

TEST_CASE("Without a scan a registered piece waits, and then was not read") {
  PieceFacts facts = registered(1);
  CHECK(state_of(facts) == StateOfPiece{PieceState::registered, Reason::none});
  facts.waiting_over = true;
  CHECK(state_of(facts) == StateOfPiece{PieceState::not_read, Reason::none});
  CHECK(after(facts, scan(1)) == StateOfPiece{PieceState::read, Reason::none});
}

TEST_CASE("A scan without a registration is parked as unregistered") {
  CHECK(after({}, scan(1)) == StateOfPiece{PieceState::unregistered, Reason::none});
  CHECK(after({}, diverted(1, Verdict::forged, Reason::forged)) ==
        StateOfPiece{PieceState::suspect, Reason::forged});
}

TEST_CASE("Only its own proven token makes a registered piece suspect") {
  for (const auto& [verdict, reason] : {std::pair{Verdict::revoked, Reason::revoked},
                                        {Verdict::expired, Reason::expired},
                                        {Verdict::not_yet_valid, Reason::not_yet_valid},
                                        {Verdict::genuine, Reason::stale_date},
                                        {Verdict::genuine, Reason::short_paid},
                                        {Verdict::genuine, Reason::code_mismatch},
                                        {Verdict::genuine, Reason::duplicate}}) {
    CHECK(after(registered(1), diverted(1, verdict, reason)) ==
          StateOfPiece{PieceState::suspect, reason});
  }
  for (const auto& [verdict, reason] : {std::pair{Verdict::forged, Reason::forged},
                                        {Verdict::unknown_key, Reason::unknown_key},
                                        {Verdict::unverified, Reason::unverified},
                                        {Verdict::unsigned_, Reason::no_postage}}) {
    CHECK(after(registered(1), diverted(1, verdict, reason)).state == PieceState::registered);
  }
  postal::ScanEvent foreign = diverted(1, Verdict::revoked, Reason::revoked);
  foreign.token->counter = 2;
  CHECK(after(registered(1), foreign).state == PieceState::registered);
}

TEST_CASE("A read outweighs whatever else is known of a piece") {
  PieceFacts facts = registered(1);
  absorb(facts, diverted(1, Verdict::genuine, Reason::stale_date, 1), 1, true);
  absorb(facts, scan(1, 5), 2, true);
  absorb(facts, diverted(1, Verdict::genuine, Reason::duplicate, 9), 3, true);
  CHECK(state_of(facts).state == PieceState::read);
}

TEST_CASE("An accepted scan that contradicts the registration does not read the piece") {
  postal::ScanEvent other_token = scan(1);
  other_token.token->counter = 9;
  CHECK(bearing(registered(1), other_token, true) == Bearing::mismatch);
  CHECK(bearing(registered(1), scan(1), false) == Bearing::own_mismatch);
  CHECK(after(registered(1), scan(1), false) ==
        StateOfPiece{PieceState::suspect, Reason::code_mismatch});
  postal::ScanEvent without_code = scan(1);
  without_code.code.reset();
  CHECK(bearing(registered(1), without_code, false) == Bearing::read);
  postal::ScanEvent without_token = scan(1);
  without_token.token.reset();
  CHECK(bearing(registered(1), without_token, true) == Bearing::read);
}

TEST_CASE("An event is a read, a suspect or no read at all") {
  CHECK(classify(scan(1)) == ScanClass::read);
  CHECK(classify(diverted(1, Verdict::forged, Reason::forged)) == ScanClass::suspect);
  CHECK(classify(no_read(NoReadCause::checksum)) == ScanClass::no_read);
  postal::ScanEvent accepted_blank = no_read(NoReadCause::nothing_found);
  accepted_blank.decision = Decision::accept;
  CHECK(classify(accepted_blank) == ScanClass::no_read);
}

TEST_CASE("What takes an earlier notice back is a correction") {
  CHECK(notice_of(PieceState::registered, PieceState::read) == NoticeKind::read);
  CHECK(notice_of(PieceState::registered, PieceState::suspect) == NoticeKind::suspect);
  CHECK(notice_of(PieceState::registered, PieceState::not_read) == NoticeKind::not_read);
  CHECK(notice_of(PieceState::not_read, PieceState::read) == NoticeKind::corrected);
  CHECK(notice_of(PieceState::suspect, PieceState::read) == NoticeKind::corrected);
}

}  // namespace backstamp::datacenter
