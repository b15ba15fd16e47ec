#include "vision/four_state/four_state.h"

#include <chrono>

#include "base/limits.h"
#include "vision/four_state/bar_rows.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/bar_track.h"
#include "vision/four_state/imb_reader.h"

namespace backstamp::vision {
namespace {

// The shortest symbol that is read: an IMb of 65 bars, less a few lost ones.
constexpr int kMinBars = 58;

}  // namespace

FourStateResult read_four_state(ImageView face, SteadyTime deadline) {
  FourStateResult result;
  if (face.empty()) return result;
  for (const four_state::BarRow& row : four_state::find_bar_rows(face, kMinBars)) {
    if (std::chrono::steady_clock::now() >= deadline) {
      result.out_of_time = true;
      break;
    }
    const auto track = four_state::track_bars(face, row, kMinBars);
    if (!track) continue;
    const auto sequence = four_state::sample_bars(face, *track, kMinBars);
    if (!sequence) continue;
    four_state::ImbAttempt attempt = four_state::read_imb(*sequence);
    if (attempt.reading && result.readings.size() < limits::kReadingsPerFrame) {
      result.readings.push_back(std::move(*attempt.reading));
    } else if (attempt.plausible) {
      result.unread.push_back({four_state::outline_of(*sequence, sequence->first, sequence->last),
                               postal::Symbology::imb, sequence->pitch_px, row.score,
                               postal::NoReadCause::located_not_decoded});
    }
  }
  return result;
}

}  // namespace backstamp::vision
