// Whom and what a station believes at one moment: a piece is judged by one such, whatever is
// published, revoked or said of the time while it is judged.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "postal/event.h"
#include "postal/keys.h"

namespace backstamp::station {

/// What a post does about what it cannot be sure of.
enum class WhenUnsure {
  accept_and_flag,  ///< decide as ever, and say so in the event
  divert,           ///< accept no genuine indicium
  stop,             ///< stop the station
};

struct Trust {
  std::shared_ptr<const postal::Verifier> verifier;
  /// The keys are older than the post allows: what was revoked since is not known.
  bool keys_stale = false;
  bool clock_trusted = true;
  /// Of a clock that is not trusted: what day it is by the data center; none when it is away.
  std::optional<Date> day;
  /// It is this day or a later one.
  Date not_before{std::chrono::sys_days{}};
  WhenUnsure when_stale = WhenUnsure::accept_and_flag;
  WhenUnsure when_clock_untrusted = WhenUnsure::divert;
};

/// Called for each piece, by several threads.
using TrustNow = std::function<Trust()>;

/// Always these keys, and the machine's clock: for replays and tests. Borrows the verifier.
TrustNow always(const postal::Verifier& verifier);

/// The day against which a mailing date is judged. Of a clock that is not trusted, the data
/// center's day; where that is not known, the earliest that it can be and that makes the date no
/// date of the future, so that only a date that is stale on any such day is.
Date judging_day(const Trust& trust, Date by_clock, std::optional<Date> mailed);

/// What stale keys and an untrusted clock make of a piece that was decided: a genuine indicium
/// that was accepted is diverted where the post wants that; `rule` is named where none was.
void restrain(const Trust& trust, postal::ScanEvent& event);

/// Must the station stop? Why, or none.
std::optional<Error> must_stop(const Trust& trust);

}  // namespace backstamp::station
