#include "datacenter/reconcile/join.h"

#include <tuple>

#include "base/assert.h"

namespace backstamp::datacenter {

using postal::Decision;
using postal::Reason;
using postal::Verdict;

namespace {

/// Did a signature verify, whatever is wrong with the key's dates or the piece?
bool token_is_proven(Verdict verdict) {
  switch (verdict) {
    case Verdict::genuine:
    case Verdict::revoked:
    case Verdict::expired:
    case Verdict::not_yet_valid:
      return true;
    case Verdict::unsigned_:
    case Verdict::forged:
    case Verdict::unknown_key:
    case Verdict::unverified:
      return false;
  }
  return false;
}

void keep_earliest(std::optional<Sighting>& slot, const Sighting& sighting) {
  if (!slot || sighting.earlier_than(*slot)) slot = sighting;
}

}  // namespace

std::string_view to_string(PieceState state) {
  switch (state) {
    case PieceState::registered:
      return "registered";
    case PieceState::read:
      return "read";
    case PieceState::suspect:
      return "suspect";
    case PieceState::not_read:
      return "not_read";
    case PieceState::unregistered:
      return "unregistered";
  }
  return "unknown";
}

std::string_view to_string(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::received:
      return "received";
    case NoticeKind::read:
      return "read";
    case NoticeKind::suspect:
      return "suspect";
    case NoticeKind::not_read:
      return "not_read";
    case NoticeKind::corrected:
      return "corrected";
  }
  return "unknown";
}

ScanClass classify(const postal::ScanEvent& event) {
  const bool names_a_piece = event.code.has_value() || event.token.has_value();
  if (event.decision == Decision::accept) {
    return names_a_piece ? ScanClass::read : ScanClass::no_read;
  }
  if (event.reason == Reason::no_read) return ScanClass::no_read;
  return ScanClass::suspect;
}

bool Sighting::earlier_than(const Sighting& other) const {
  return std::tie(at, event) < std::tie(other.at, other.event);
}

Bearing bearing(const PieceFacts& facts, const postal::ScanEvent& scan, bool code_matches) {
  const ScanClass kind = classify(scan);
  if (kind == ScanClass::no_read) return Bearing::none;
  if (!facts.registered) return kind == ScanClass::read ? Bearing::read : Bearing::suspect;

  const bool token_matches = scan.token == facts.registered;
  const bool own_token = token_matches && token_is_proven(scan.verdict);
  if (kind == ScanClass::suspect) return own_token ? Bearing::suspect : Bearing::none;

  const bool code_contradicts = scan.code.has_value() && !code_matches;
  const bool token_contradicts = scan.token.has_value() && !token_matches;
  if (code_contradicts) return own_token ? Bearing::own_mismatch : Bearing::mismatch;
  return token_contradicts ? Bearing::mismatch : Bearing::read;
}

Bearing absorb(PieceFacts& facts, const postal::ScanEvent& scan, std::int64_t row,
               bool code_matches) {
  const Bearing found = bearing(facts, scan, code_matches);
  Sighting sighting{row, scan.induced_at, scan.id, scan.reason};
  switch (found) {
    case Bearing::read:
      keep_earliest(facts.first_read, sighting);
      break;
    case Bearing::own_mismatch:
      sighting.reason = Reason::code_mismatch;
      [[fallthrough]];
    case Bearing::suspect:
      keep_earliest(facts.first_suspect, sighting);
      break;
    case Bearing::none:
    case Bearing::mismatch:
      break;
  }
  return found;
}

StateOfPiece state_of(const PieceFacts& facts) {
  if (facts.first_read) {
    return {facts.registered ? PieceState::read : PieceState::unregistered, Reason::none};
  }
  if (facts.first_suspect) return {PieceState::suspect, facts.first_suspect->reason};
  if (!facts.registered) return {PieceState::unregistered, Reason::none};
  return {facts.waiting_over ? PieceState::not_read : PieceState::registered, Reason::none};
}

NoticeKind notice_of(PieceState before, PieceState after) {
  BACKSTAMP_ASSERT(after != PieceState::unregistered);
  if (before != PieceState::registered) return NoticeKind::corrected;
  if (after == PieceState::read) return NoticeKind::read;
  if (after == PieceState::suspect) return NoticeKind::suspect;
  BACKSTAMP_ASSERT(after == PieceState::not_read);
  return NoticeKind::not_read;
}

}  // namespace backstamp::datacenter
