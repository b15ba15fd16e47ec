// A judged piece becomes a decided event: what lane and line have in common.
#pragma once

#include <optional>

#include "base/error.h"
#include "postal/event.h"
#include "station/duplicates.h"
#include "station/policy.h"
#include "station/trust.h"

namespace backstamp::station {

/// Puts verdict, token, code, decision, reason and rule into an event that has its codes, cause,
/// role and time: by the token's earlier readings, the post's policy, and what keys and clock are
/// worth. `today` stands for the day by the clock when it is given. One call at a time, as
/// DuplicateJudge has it.
void settle(postal::ScanEvent& event, const Judgement& judgement, const Trust& trust,
            DuplicateJudge& duplicates, const Policy& policy,
            const std::optional<Date>& today = std::nullopt);

/// What a picture that could not be unpacked or read is to its piece; none when the fault is not
/// the picture's: no worker can be had.
std::optional<postal::NoReadCause> cause_of_picture(const Error& error);

}  // namespace backstamp::station
