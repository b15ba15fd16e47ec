#include "vision/four_state/four_state.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/limits.h"
#include "vision/four_state/bar_rows.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/bar_track.h"
#include "vision/four_state/imb_reader.h"

namespace backstamp::vision {
namespace {

// The shortest symbol that is read: an IMb of 65 bars, less a few lost ones.
constexpr int kMinBars = 58;

// A row found in two pieces is tracked to its whole length from the first: the second is the same.
bool lies_in(const four_state::BarRow& row, const Quad& outline) {
  const Point middle{0.5f * (row.from.x + row.to.x), 0.5f * (row.from.y + row.to.y)};
  float least = 1e9f, most = -1e9f;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const Point& a = outline[i];
    const Point& b = outline[(i + 1) % outline.size()];
    const float side = (b.x - a.x) * (middle.y - a.y) - (b.y - a.y) * (middle.x - a.x);
    least = std::min(least, side), most = std::max(most, side);
  }
  return least >= 0 || most <= 0;
}

bool already_seen(const four_state::BarRow& row, const FourStateResult& result) {
  return std::any_of(result.readings.begin(), result.readings.end(),
                     [&](const Reading& r) { return lies_in(row, r.outline); }) ||
         std::any_of(result.unread.begin(), result.unread.end(),
                     [&](const Candidate& c) { return lies_in(row, c.outline); });
}

}  // namespace

FourStateResult read_four_state(ImageView face, SteadyTime deadline) {
  FourStateResult result;
  if (face.empty()) return result;
  for (const four_state::BarRow& row : four_state::find_bar_rows(face, kMinBars)) {
    if (std::chrono::steady_clock::now() >= deadline) {
      result.out_of_time = true;
      break;
    }
    if (already_seen(row, result)) continue;
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
