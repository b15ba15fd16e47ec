// From what was read to what the diverter is told: pure functions of their arguments.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "postal/codes.h"
#include "postal/keys.h"
#include "postal/money.h"
#include "postal/symbology.h"
#include "postal/token.h"
#include "postal/verdict.h"

namespace backstamp::station {

/// Which of several identification codes of a face names the piece, where no genuine token does: of
/// the kind that stands first. Kinds that are left out never name it.
struct Precedence {
  /// Places in postal::kCodeSchemes.
  std::vector<std::size_t> kinds;

  Precedence();  ///< imb, mailmark, impb, s10, meter: those made for one piece before the others
  /// "imb,s10". Fails (invalid) on an unknown kind, one that stands there twice, and none.
  static Result<Precedence> parse(std::string_view list);
  /// How many kinds go before that of a code; none when its kind names no piece.
  std::optional<std::size_t> rank(const postal::MailpieceCode& code) const;
};

/// What is asked of some services (postal::Token::service).
struct ServicePolicy {
  std::uint16_t first = 0;  ///< numbers of services, from and to
  std::uint16_t last = 0;
  postal::Money minimum_postage{};  ///< less is short paid

  /// "270" or "270-279", 0 to 999. Fails (invalid) on anything else.
  static Result<ServicePolicy> parse(std::string_view numbers);
};

/// What a post accepts beyond a genuine, unused token. Each rule has its reason, and its name in
/// the event (ScanEvent::rule).
struct Policy {
  std::chrono::days mailed_at_most_ago{30};   ///< older mailing dates are stale
  std::chrono::days mailed_at_most_ahead{1};  ///< later ones too (clocks and midnights differ)
  postal::Money minimum_postage{};            ///< less is short paid, of any service
  std::vector<ServicePolicy> services;        ///< the first that names a service holds for it
  bool other_services = true;                 ///< are services that none of them names taken here?
  bool accept_unverified = true;              ///< foreign indicia that cannot be checked here
  bool accept_without_indicium = false;       ///< pieces that bear only an identification code
  Precedence precedence;
};

/// What the codes of one face say together.
struct Judgement {
  postal::Verdict verdict = postal::Verdict::unsigned_;
  std::optional<postal::Token> token;         ///< of the indicium that was judged
  std::optional<postal::MailpieceCode> code;  ///< from a genuine token, else from the face
  bool codes_disagree = false;  ///< the face bears identification codes, none of them the token's
  std::optional<std::size_t> judged;  ///< which of the face's codes the verdict is about
  bool for_box = false;               ///< bears a MAC, which only the secure meter box can verify
};

/// What this station knows of a genuine token from earlier readings.
struct History {
  std::string_view broken;  ///< the rule that makes it a duplicate (docs/duplicates.md), or empty
  bool refed = false;       ///< it was read at an induction before, and was fed once more
};

/// Judges a face. Of several native tokens a genuine one is judged before others, so that a
/// forged sticker cannot hide it. A symbol that begins like a token and is none is forged. Of
/// several codes the first of the first kind in `precedence` names the piece.
Judgement judge(const std::vector<postal::SeenCode>& codes, const postal::Verifier& verifier,
                const Precedence& precedence = {});

struct Outcome {
  postal::Decision decision = postal::Decision::divert;
  postal::Reason reason = postal::Reason::no_read;
  std::string_view rule;  ///< the rule's name where one decided; a literal
};

/// Decides on a piece. `today` is the UTC day of induction.
Outcome decide(const Judgement& judgement, bool anything_read, const History& history, Date today,
               const Policy& policy);

}  // namespace backstamp::station
