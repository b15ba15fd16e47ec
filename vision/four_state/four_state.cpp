#include "vision/four_state/four_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/limits.h"
#include "vision/four_state/bar_rows.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/bar_track.h"
#include "vision/four_state/row_readers.h"
#include "vision/ladder/accounts.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {
namespace {

// The shortest symbol that is looked for, a POSTNET or KIX of about 30 bars, less a few lost ones.
constexpr int kMinBars = 24;
// Text keeps step less well than this; a code that cannot be read is told from it.
constexpr float kUnreadClarity = 0.55f;
constexpr float kUnreadLikeness = 0.3f;

Point middle_of(Point a, Point b) {
  return {0.5f * (a.x + b.x), 0.5f * (a.y + b.y)};
}

// Is a place on the row of a symbol, or within a pitch of it?
bool lies_in(Point place, const Quad& outline, float pitch_px) {
  const Point left = middle_of(outline[0], outline[3]), right = middle_of(outline[1], outline[2]);
  const float dx = right.x - left.x, dy = right.y - left.y;
  const float length = std::max(1.0f, std::hypot(dx, dy));
  const float along = ((place.x - left.x) * dx + (place.y - left.y) * dy) / length;
  const float across = ((place.y - left.y) * dx - (place.x - left.x) * dy) / length;
  const float half = 0.5f * std::hypot(outline[3].x - outline[0].x, outline[3].y - outline[0].y);
  return along > -pitch_px && along < length + pitch_px && std::abs(across) < half + pitch_px;
}

// A row may be found in pieces, or at two scales; it is tracked to its whole length from each.
bool already_read(Point place, const FourStateResult& result) {
  return std::any_of(result.readings.begin(), result.readings.end(),
                     [&](const Reading& r) { return lies_in(place, r.outline, r.module_px); });
}

// Of candidates on one row the first stays, of those on a row that was read none.
void note_unread(Candidate candidate, FourStateResult& result) {
  const Point middle = middle_of(candidate.outline[0], candidate.outline[2]);
  const bool noted =
      std::any_of(result.unread.begin(), result.unread.end(),
                  [&](const Candidate& c) { return lies_in(middle, c.outline, c.module_px); });
  if (!noted) result.unread.push_back(std::move(candidate));
}

void drop_read_rows(FourStateResult& result) {
  std::erase_if(result.unread, [&](const Candidate& c) {
    return already_read(middle_of(c.outline[0], c.outline[2]), result);
  });
}

// Reads one row, or notes that it could not be proved.
void read_row(ImageView face, const four_state::BarRow& row, Formats formats,
              const RepairLimits& limits, FourStateResult& result) {
  const auto begin = thread_time();
  const auto track = four_state::track_bars(face, row, kMinBars);
  if (!track) return;
  const auto sequence = four_state::sample_bars(face, *track, kMinBars);
  if (!sequence) return;
  const Quad outline = four_state::outline_of(*sequence, sequence->first, sequence->last);
  if (already_read(middle_of(outline[0], outline[2]), result)) return;
  four_state::RowAttempt best = four_state::read_row(*sequence, formats, limits);
  if (best.attempt.reading && result.readings.size() < limits::kReadingsPerFrame) {
    best.attempt.reading->spent = thread_time() - begin;
    result.readings.push_back(std::move(*best.attempt.reading));
  } else if (best.attempt.likeness >= kUnreadLikeness && sequence->clarity > kUnreadClarity) {
    note_unread({.outline = outline,
                 .looks_like = best.symbology,
                 .module_px = sequence->pitch_px,
                 .score = row.score,
                 .cause = best.attempt.cause,
                 .contrast = sequence->contrast,
                 .correction_margin = 0},
                result);
  }
}

}  // namespace

FourStateResult read_four_state(ImageView face, Formats formats, Effort& effort,
                                const RepairLimits& limits) {
  if (face.empty() || !four_state::any_wanted(formats)) return {};
  const Frame half = halved(face);
  return read_four_state(face, half.view(), formats, effort, limits);
}

FourStateResult read_four_state(ImageView face, ImageView half, Formats formats, Effort& effort,
                                const RepairLimits& limits) {
  FourStateResult result;
  if (face.empty() || !four_state::any_wanted(formats) ||
      !effort.take(charge_for(half, charge::kBarRowsKilopixel)))
    return result;
  for (const four_state::BarRow& row : four_state::find_bar_rows(face, half, kMinBars)) {
    if (already_read(middle_of(row.from, row.to), result)) continue;
    if (!effort.take(charge::kBarRow)) break;
    read_row(face, row, formats, limits, result);
  }
  drop_read_rows(result);
  return result;
}

}  // namespace backstamp::vision
