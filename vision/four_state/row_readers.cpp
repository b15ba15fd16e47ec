#include "vision/four_state/row_readers.h"

#include <algorithm>
#include <utility>

#include "vision/four_state/australia_post_reader.h"
#include "vision/four_state/imb_reader.h"
#include "vision/four_state/japan_post_reader.h"
#include "vision/four_state/kix_reader.h"
#include "vision/four_state/mailmark_reader.h"
#include "vision/four_state/postnet_reader.h"
#include "vision/four_state/rm4scc_reader.h"

namespace backstamp::vision::four_state {
namespace {

using postal::Symbology;

struct RowReader {
  Symbology symbology;
  Attempt (*read)(const BarSequence& sequence);
};

constexpr RowReader kReaders[]{{Symbology::imb, read_imb},
                               {Symbology::mailmark, read_mailmark},
                               {Symbology::rm4scc, read_rm4scc},
                               {Symbology::kix, read_kix},
                               {Symbology::australia_post, read_australia_post},
                               {Symbology::japan_post, read_japan_post},
                               {Symbology::postnet, read_postnet},
                               {Symbology::planet, read_planet}};

// Takes back a reading that needed more repair than is allowed.
void hold_to(const RepairLimits& limits, Attempt& attempt) {
  if (!attempt.reading || (attempt.reading->repaired_bars <= limits.four_state_bars &&
                           attempt.spare_bits >= limits.four_state_bits))
    return;
  attempt.reading.reset();
  attempt.likeness = 1;
  attempt.cause = postal::NoReadCause::checksum;
}

}  // namespace

bool any_wanted(Formats formats) {
  return std::any_of(std::begin(kReaders), std::end(kReaders),
                     [&](const RowReader& reader) { return formats.has(reader.symbology); });
}

RowAttempt read_row(const BarSequence& sequence, Formats formats, const RepairLimits& limits) {
  RowAttempt best;
  for (const RowReader& reader : kReaders) {
    if (!formats.has(reader.symbology)) continue;
    Attempt attempt = reader.read(sequence);
    hold_to(limits, attempt);
    if (attempt.better_than(best.attempt)) best = {reader.symbology, std::move(attempt)};
    // Nothing was repaired: no other explanation can be as good.
    if (best.attempt.reading && best.attempt.reading->repaired_bars == 0) break;
  }
  return best;
}

}  // namespace backstamp::vision::four_state
