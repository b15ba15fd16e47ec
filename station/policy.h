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

/// What a post accepts beyond a genuine, unused token.
struct Policy {
  std::chrono::days mailed_at_most_ago{30};   ///< older mailing dates are stale
  std::chrono::days mailed_at_most_ahead{1};  ///< later ones too (clocks and midnights differ)
  postal::Money minimum_postage{};            ///< less is short paid
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
};

/// Judges a face. Of several native tokens a genuine one is judged before others, so that a
/// forged sticker cannot hide it. A symbol that begins like a token and is none is forged. Of
/// several codes the first of the first kind in `precedence` names the piece.
Judgement judge(const std::vector<postal::SeenCode>& codes, const postal::Verifier& verifier,
                const Precedence& precedence = {});

struct Outcome {
  postal::Decision decision = postal::Decision::divert;
  postal::Reason reason = postal::Reason::no_read;
};

/// Decides on a piece. `seen_before` says whether this station has seen the token already;
/// `today` is the UTC day of induction.
Outcome decide(const Judgement& judgement, bool anything_read, bool seen_before, Date today,
               const Policy& policy);

}  // namespace backstamp::station
