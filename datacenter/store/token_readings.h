// All readings of one token, judged together by the rules of docs/duplicates.md.
#pragma once

#include "datacenter/store/sqlite.h"
#include "postal/duplicates.h"
#include "postal/token.h"

namespace backstamp::datacenter {

/// Judges the readings of a token anew, with those that arrived since, in the order of their times:
/// what is a duplicate becomes a suspect scan, what is none any more ceases to be one unless
/// somebody has reviewed it. What a station itself found to be a duplicate stays one. At most
/// postal::kMostReadings are read; `newest` is the event that asks. Throws SqlFailure.
void settle_readings(Database& database, const postal::TokenIdentity& token, std::int64_t newest,
                     const postal::DuplicateRules& rules);

}  // namespace backstamp::datacenter
