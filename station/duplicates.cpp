#include "station/duplicates.h"

namespace backstamp::station {

using postal::StationRole;

void DuplicateJudge::induced(UtcTime at) {
  if (last_ && at - *last_ >= rules_.standstill) standstills_.push_back({*last_, at});
  last_ = at;
  std::erase_if(standstills_, [&](const postal::Standstill& stood) {
    return at - stood.from > rules_.refeed_window;
  });
}

History DuplicateJudge::look(const postal::ScanEvent& event, const postal::Token& token) const {
  const auto seen = index_.find(token.identity);
  if (!seen) return {};
  postal::TokenReading earlier;  // no name of a station: both readings are of this one
  earlier.role = seen->inducted ? StationRole::induction : StationRole::pass;
  earlier.at = seen->at;
  earlier.rejected = seen->rejected;
  earlier.claims = seen->claims;
  earlier.face = seen->face;
  postal::TokenReading later;
  later.role = event.role;
  later.at = event.induced_at;
  later.clock_trusted = event.clock_trusted;
  later.refed = postal::may_be_refed(earlier, later.at, standstills_, rules_);
  later.claims = kept_claims(postal::claims_mark(token));
  later.face = postal::face_marks(event.codes);
  const auto broken = postal::conflict(earlier, later, rules_);
  if (broken) return {postal::to_string(*broken), false};
  const bool again = seen->inducted && event.role == StationRole::induction;
  return {{}, again};
}

}  // namespace backstamp::station
