// One row of bars, read by every symbology that may be it.
#pragma once

#include "postal/symbology.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/soft_bars.h"
#include "vision/reader.h"
#include "vision/repair.h"

namespace backstamp::vision::four_state {

struct RowAttempt {
  postal::Symbology symbology = postal::Symbology::imb;
  Attempt attempt;
};

/// Is a symbology of this folder among them?
bool any_wanted(Formats formats);

/// The reading with the strongest proof, never two; without any, the symbology that the row is most
/// like. One that took more repair than `limits` allow is none: cause checksum.
RowAttempt read_row(const BarSequence& sequence, Formats formats, const RepairLimits& limits = {});

}  // namespace backstamp::vision::four_state
