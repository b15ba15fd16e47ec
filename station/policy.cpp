#include "station/policy.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace backstamp::station {
namespace {

using postal::Reason;
using postal::Verdict;

/// Marks of other posts whose first bytes are public: 2-D Mailmark and Deutsche Post Matrixcode.
bool is_foreign_indicium(const postal::SeenCode& seen) {
  const std::string_view text = as_text(seen.content);
  return is_matrix(seen.symbology) && (text.starts_with("JGB ") || text.starts_with("DEA"));
}

Reason reason_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::forged:
      return Reason::forged;
    case Verdict::unknown_key:
      return Reason::unknown_key;
    case Verdict::revoked:
      return Reason::revoked;
    case Verdict::expired:
      return Reason::expired;
    case Verdict::not_yet_valid:
      return Reason::not_yet_valid;
    case Verdict::unverified:
      return Reason::unverified;
    case Verdict::unsigned_:
      return Reason::no_postage;
    case Verdict::genuine:
      return Reason::none;
  }
  return Reason::forged;
}

/// Faults of a genuine token, in the order in which a post would name them.
Reason fault_of(const Judgement& judgement, bool seen_before, Date today, const Policy& policy) {
  const auto mailed = std::chrono::sys_days(judgement.token->mailed);
  const auto now = std::chrono::sys_days(today);
  if (seen_before) return Reason::duplicate;
  if (judgement.codes_disagree) return Reason::code_mismatch;
  if (mailed < now - policy.mailed_at_most_ago || mailed > now + policy.mailed_at_most_ahead) {
    return Reason::stale_date;
  }
  if (judgement.token->postage < policy.minimum_postage) return Reason::short_paid;
  return Reason::none;
}

}  // namespace

Precedence::Precedence() : kinds{0, 4, 2, 1, 3} {}

Result<Precedence> Precedence::parse(std::string_view list) {
  Precedence precedence;
  precedence.kinds.clear();
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const auto kind = std::find(postal::kCodeSchemes.begin(), postal::kCodeSchemes.end(),
                                list.substr(at, comma - at));
    at = comma + 1;
    const auto place = static_cast<std::size_t>(kind - postal::kCodeSchemes.begin());
    const bool twice = std::find(precedence.kinds.begin(), precedence.kinds.end(), place) !=
                       precedence.kinds.end();
    if (kind == postal::kCodeSchemes.end() || twice) {
      return fail(ErrorKind::invalid, "precedence '" + std::string(list) +
                                          "': give each of imb, mailmark, impb, s10, meter once "
                                          "at most, with commas between them");
    }
    precedence.kinds.push_back(place);
  }
  return precedence;
}

std::optional<std::size_t> Precedence::rank(const postal::MailpieceCode& code) const {
  const auto kind = std::find(kinds.begin(), kinds.end(), code.index());
  if (kind == kinds.end()) return std::nullopt;
  return static_cast<std::size_t>(kind - kinds.begin());
}

Judgement judge(const std::vector<postal::SeenCode>& codes, const postal::Verifier& verifier,
                const Precedence& precedence) {
  Judgement judgement;
  for (const postal::SeenCode& seen : codes) {
    if (!is_matrix(seen.symbology) || judgement.verdict == Verdict::genuine) continue;
    if (!postal::looks_like_token(seen.content)) {
      if (is_foreign_indicium(seen) && judgement.verdict == Verdict::unsigned_) {
        judgement.verdict = Verdict::unverified;
      }
      continue;
    }
    const auto token = postal::parse_token(seen.content);
    const Verdict verdict = token ? verifier.verify(*token) : Verdict::forged;
    const bool first =
        judgement.verdict == Verdict::unsigned_ || judgement.verdict == Verdict::unverified;
    if (first || verdict == Verdict::genuine) {
      judgement.verdict = verdict;
      if (token) judgement.token = token->token;
    }
  }
  bool face_has_code = false;
  bool face_agrees = false;
  std::size_t best = precedence.kinds.size();
  for (const postal::SeenCode& seen : codes) {
    if (!seen.code) continue;
    face_has_code = true;
    if (const auto rank = precedence.rank(*seen.code); rank && *rank < best) {
      best = *rank;
      judgement.code = seen.code;
    }
    face_agrees = face_agrees || (judgement.token && *seen.code == judgement.token->code);
  }
  // What an unproven token says of itself is not believed: only a genuine one names the piece.
  if (judgement.verdict == Verdict::genuine) {
    judgement.codes_disagree = face_has_code && !face_agrees;
    judgement.code = judgement.token->code;
  }
  return judgement;
}

Outcome decide(const Judgement& judgement, bool anything_read, bool seen_before, Date today,
               const Policy& policy) {
  using postal::Decision;
  if (!anything_read) return {Decision::divert, Reason::no_read};
  Reason reason = reason_of(judgement.verdict);
  bool accept = false;
  if (judgement.verdict == Verdict::genuine) {
    reason = fault_of(judgement, seen_before, today, policy);
    accept = reason == Reason::none;
  } else if (judgement.verdict == Verdict::unverified) {
    accept = policy.accept_unverified;
  } else if (judgement.verdict == Verdict::unsigned_) {
    accept = policy.accept_without_indicium;
  }
  return {accept ? Decision::accept : Decision::divert, reason};
}

}  // namespace backstamp::station
