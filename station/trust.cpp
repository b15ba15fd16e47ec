#include "station/trust.h"

#include <algorithm>

namespace backstamp::station {
namespace {

/// Mailing dates can be judged.
bool day_known(const Trust& trust) {
  return trust.clock_trusted || trust.day;
}

void apply(WhenUnsure policy, postal::Reason reason, const char* rule, postal::ScanEvent& event) {
  if (policy == WhenUnsure::divert && event.decision == postal::Decision::accept) {
    event.decision = postal::Decision::divert;
    event.reason = reason;
    event.rule = rule;
  } else if (event.rule.empty()) {
    event.rule = rule;
  }
}

}  // namespace

TrustNow always(const postal::Verifier& verifier) {
  const std::shared_ptr<const postal::Verifier> borrowed(&verifier, [](const auto*) {});
  return [borrowed] {
    Trust trust;
    trust.verifier = borrowed;
    return trust;
  };
}

Date judging_day(const Trust& trust, Date by_clock, std::optional<Date> mailed) {
  if (trust.clock_trusted) return by_clock;
  if (trust.day) return *trust.day;
  if (!mailed) return trust.not_before;
  return Date{std::max(std::chrono::sys_days(trust.not_before), std::chrono::sys_days(*mailed))};
}

void restrain(const Trust& trust, postal::ScanEvent& event) {
  if (event.verdict != postal::Verdict::genuine) return;
  if (!day_known(trust)) {
    apply(trust.when_clock_untrusted, postal::Reason::untrusted_clock, "untrusted-clock", event);
  }
  if (trust.keys_stale) apply(trust.when_stale, postal::Reason::stale_keys, "stale-keys", event);
}

std::optional<Error> must_stop(const Trust& trust) {
  if (trust.keys_stale && trust.when_stale == WhenUnsure::stop) {
    return Error{ErrorKind::refused,
                 "the keys are older than keys.stale_after allows; bring a newer bundle"};
  }
  if (!day_known(trust) && trust.when_clock_untrusted == WhenUnsure::stop) {
    return Error{ErrorKind::refused, "the clock is not to be trusted; set it right"};
  }
  return std::nullopt;
}

}  // namespace backstamp::station
