#include "station/settle.h"

namespace backstamp::station {

void settle(postal::ScanEvent& event, const Judgement& judgement, const Trust& trust,
            DuplicateJudge& duplicates, const Policy& policy, const std::optional<Date>& today) {
  event.verdict = judgement.verdict;
  event.code = judgement.code;
  duplicates.induced(event.induced_at);
  History history;
  std::optional<Date> mailed;
  if (judgement.token) {
    event.token = judgement.token->identity;
    mailed = judgement.token->mailed;
    if (judgement.verdict == postal::Verdict::genuine) {
      history = duplicates.look(event, *judgement.token);
    }
  }
  const Date day = today ? *today : judging_day(trust, utc_date(event.induced_at), mailed);
  const Outcome outcome = decide(judgement, !event.codes.empty(), history, day, policy);
  event.decision = outcome.decision;
  event.reason = outcome.reason;
  event.rule = outcome.rule;
  event.for_box = judgement.for_box;
  restrain(trust, event);
}

std::optional<postal::NoReadCause> cause_of_picture(const Error& error) {
  using postal::NoReadCause;
  switch (error.kind) {
    case ErrorKind::invalid:
    case ErrorKind::limit:
      return NoReadCause::bad_image;
    case ErrorKind::timeout:
      return NoReadCause::out_of_time;
    case ErrorKind::internal:
      return NoReadCause::decoder_crashed;
    default:
      return std::nullopt;
  }
}

}  // namespace backstamp::station
