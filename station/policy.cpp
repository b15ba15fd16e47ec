#include "station/policy.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "postal/duplicates.h"
#include "postal/payload.h"

namespace backstamp::station {
namespace {

using postal::Reason;
using postal::Verdict;

/// What a matrix symbol without a native token is to postage.
struct Mark {
  bool foreign = false;  ///< another post's indicium
  bool mac = false;      ///< proved by a MAC alone
};

/// By its first bytes where they are public (2-D Mailmark, Deutsche Post Matrixcode), else by its
/// whole layout (the marks of the USPS).
Mark mark_of(const postal::SeenCode& seen) {
  const std::string_view text = as_text(seen.content);
  Mark mark;
  mark.foreign = text.starts_with("JGB ") || text.starts_with("DEA");
  if (mark.foreign) return mark;
  const auto parsed = postal::parse_payload(seen.symbology, seen.content);
  if (!parsed) return mark;
  mark.mac = std::holds_alternative<postal::IbiLite>(parsed->payload);
  mark.foreign = mark.mac || std::holds_alternative<postal::Ibi>(parsed->payload) ||
                 std::holds_alternative<postal::RoyalMailMark>(parsed->payload);
  return mark;
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

/// What is asked of a service: its own rule, or that of all others.
Outcome fault_of_payment(const postal::Token& token, const Policy& policy) {
  using postal::Decision;
  if (token.postage < policy.minimum_postage) {
    return {Decision::divert, Reason::short_paid, "minimum-postage"};
  }
  const auto rule = std::find_if(
      policy.services.begin(), policy.services.end(), [&](const ServicePolicy& service) {
        return token.service >= service.first && token.service <= service.last;
      });
  if (rule == policy.services.end()) {
    if (policy.other_services) return {Decision::accept, Reason::none, {}};
    return {Decision::divert, Reason::service_not_allowed, "service-not-here"};
  }
  if (token.postage < rule->minimum_postage) {
    return {Decision::divert, Reason::short_paid, "service-postage"};
  }
  return {Decision::accept, Reason::none, {}};
}

/// Faults of a genuine token, in the order in which a post would name them.
Outcome fault_of(const Judgement& judgement, const History& history, Date today,
                 const Policy& policy) {
  using postal::Decision;
  const auto mailed = std::chrono::sys_days(judgement.token->mailed);
  const auto now = std::chrono::sys_days(today);
  if (!history.broken.empty()) return {Decision::divert, Reason::duplicate, history.broken};
  if (judgement.codes_disagree) return {Decision::divert, Reason::code_mismatch, "code-on-face"};
  if (mailed < now - policy.mailed_at_most_ago) {
    return {Decision::divert, Reason::stale_date, "mailed-too-long-ago"};
  }
  if (mailed > now + policy.mailed_at_most_ahead) {
    return {Decision::divert, Reason::stale_date, "mailed-too-far-ahead"};
  }
  Outcome outcome = fault_of_payment(*judgement.token, policy);
  if (outcome.reason == Reason::none && history.refed) outcome.rule = postal::kRefedRule;
  return outcome;
}

std::optional<std::uint16_t> service_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  unsigned number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(digit - '0');
  }
  return static_cast<std::uint16_t>(number);
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

Result<ServicePolicy> ServicePolicy::parse(std::string_view numbers) {
  const std::size_t dash = numbers.find('-');
  const auto first = service_number(numbers.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : service_number(numbers.substr(dash + 1));
  if (!first || !last || *last < *first) {
    return fail(ErrorKind::invalid, "services '" + std::string(numbers) +
                                        "': give a number from 0 to 999, or two as \"270-279\"");
  }
  return ServicePolicy{*first, *last, {}};
}

Judgement judge(const std::vector<postal::SeenCode>& codes, const postal::Verifier& verifier,
                const Precedence& precedence) {
  Judgement judgement;
  for (std::size_t at = 0; at < codes.size(); ++at) {
    const postal::SeenCode& seen = codes[at];
    if (!is_matrix(seen.symbology) || judgement.verdict == Verdict::genuine) continue;
    if (!postal::looks_like_token(seen.content)) {
      const Mark mark = mark_of(seen);
      judgement.for_box = judgement.for_box || mark.mac;
      if (mark.foreign && judgement.verdict == Verdict::unsigned_) {
        judgement.verdict = Verdict::unverified;
        judgement.judged = at;
      }
      continue;
    }
    const auto token = postal::parse_token(seen.content);
    const Verdict verdict = token ? verifier.verify(*token) : Verdict::forged;
    const bool first =
        judgement.verdict == Verdict::unsigned_ || judgement.verdict == Verdict::unverified;
    if (first || verdict == Verdict::genuine) {
      judgement.verdict = verdict;
      judgement.judged = at;
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
    judgement.for_box = judgement.for_box || judgement.token->address.has_value();
  }
  return judgement;
}

Outcome decide(const Judgement& judgement, bool anything_read, const History& history, Date today,
               const Policy& policy) {
  using postal::Decision;
  if (!anything_read) return {Decision::divert, Reason::no_read, {}};
  if (judgement.verdict == Verdict::genuine) return fault_of(judgement, history, today, policy);
  Outcome outcome{Decision::divert, reason_of(judgement.verdict), {}};
  bool accept = false;
  if (judgement.verdict == Verdict::unverified) {
    outcome.rule = "foreign-mark";
    accept = policy.accept_unverified;
  } else if (judgement.verdict == Verdict::unsigned_) {
    outcome.rule = "no-postage";
    accept = policy.accept_without_indicium;
  }
  if (accept) outcome.decision = Decision::accept;
  return outcome;
}

}  // namespace backstamp::station
