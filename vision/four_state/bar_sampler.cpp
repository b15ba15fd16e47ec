#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "vision/four_state/bar_profiles.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/half_bar_trust.h"
#include "vision/four_state/half_bars.h"
#include "vision/four_state/profile_math.h"
#include "vision/four_state/row_level.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kRows = BarProfiles::kRows;
constexpr int kMiddle = kProfileMiddle;
constexpr float kPerPitch = BarProfiles::kRowsPerPitch;
constexpr float kPresent = 0.45f;  // of the typical tracker's darkness
constexpr int kPlacesPastEnds = 4;
constexpr int kMorePlaces = 8;     // levelling may lengthen the run a little
constexpr int kTrackerReach = 12;  // rows: a pitch off the track and half a tracker
constexpr float kMinContrastGrey = 4.0f;
constexpr float kSure = 0.5f;
constexpr float kLeastClarity = 0.33f;

// The stretch that holds most present bars for its absent ones: a scratch or a blot in a symbol is
// bridged when more bars follow it than it hides, the gaps of text are not.
Run longest_run(const std::vector<float>& presence) {
  constexpr float kAbsentCost = 1.5f;
  Run best, here;
  float most = 0, sum = 0;
  for (int k = 0; k < static_cast<int>(presence.size()); ++k) {
    const bool present = presence[static_cast<std::size_t>(k)] >= kPresent;
    if (sum <= 0) {
      sum = 0;
      here.first = k;
    }
    sum += present ? 1.0f : -kAbsentCost;
    here.last = k;
    if (sum > most) most = sum, best = here;
  }
  return best;
}

// Where the tracker and the full bar begin and end, in rows of the mean profile.
struct Heights {
  float tracker_top = 0, tracker_bottom = 0;
  float full_top = 0, full_bottom = 0;
};

// One side: the profile is 1 in the tracker, the share of printed half-bars beyond it, 0 outside.
bool find_side(const Profile& profile, int step, float* tracker_edge, float* full_edge) {
  float share = 0.5f;
  for (int pass = 0; pass < 2; ++pass) {
    *tracker_edge = crossing(profile, kMiddle, step, 0.5f * (1 + share));
    *full_edge = crossing(profile, static_cast<int>(*tracker_edge), step, 0.5f * share);
    const float from = *tracker_edge + 0.3f * (*full_edge - *tracker_edge);
    const float to = *tracker_edge + 0.75f * (*full_edge - *tracker_edge);
    share =
        std::clamp(mean_rows(profile.data(), std::min(from, to), std::max(from, to)), 0.2f, 0.8f);
  }
  const float tracker = std::abs(*tracker_edge - kMiddle) / kPerPitch;
  const float full = std::abs(*full_edge - kMiddle) / kPerPitch;
  return tracker > 0.25f && tracker < 1.1f && full > 0.95f && full < 3.3f &&
         full > 1.5f * tracker && full < 6.5f * tracker;
}

class Sampler {
 public:
  Sampler(ImageView face, const BarTrack& track)
      : face_(face), track_(track), profiles_(empty_profiles(track)) {}

  std::optional<BarSequence> run(int min_bars) {
    if (profiles_.bars < min_bars) return std::nullopt;
    // The trackers first: most rows that are no code end here. Then the whole of what may be one.
    const Run trackers{kMiddle - kTrackerReach, kMiddle + kTrackerReach};
    sample_profiles(face_, track_, {0, profiles_.bars - 1}, trackers, profiles_);
    measure_presence(0.5f * kPerPitch);
    if (run_.length() < min_bars || typical_ < kMinContrastGrey) return std::nullopt;
    const Run whole{std::max(0, run_.first - kMorePlaces),
                    std::min(profiles_.bars - 1, run_.last + kMorePlaces)};
    sample_profiles(face_, track_, whole, {0, trackers.first - 1}, profiles_);
    sample_profiles(face_, track_, whole, {trackers.last + 1, kRows - 1}, profiles_);
    moves_ = row_offsets(profiles_, run_, typical_);
    for (int k = 0; k < profiles_.bars; ++k) move_profile(k, moves_[static_cast<std::size_t>(k)]);
    measure_presence(0);
    run_ = {std::max(run_.first, whole.first), std::min(run_.last, whole.last)};
    if (run_.length() < min_bars) return std::nullopt;
    const Profile mean = mean_profile(run_.first, run_.last);
    if (!find_heights(mean)) return std::nullopt;
    smooth_contrast();
    measure_half_bars();
    BarSequence bars = sequence();
    if (bars.clarity < kLeastClarity) return std::nullopt;
    return bars;
  }

 private:
  // One side that shows no step between tracker and full bar is taken for the mirror of the other:
  // noise hides it, or the bars of a two-state code have none there.
  bool find_heights(const Profile& mean) {
    const bool above = find_side(mean, -1, &heights_.tracker_top, &heights_.full_top);
    const bool below = find_side(mean, +1, &heights_.tracker_bottom, &heights_.full_bottom);
    if (!above && !below) return false;
    if (!above) {
      heights_.tracker_top = 2 * kMiddle - heights_.tracker_bottom;
      heights_.full_top = 2 * kMiddle - heights_.full_bottom;
    } else if (!below) {
      heights_.tracker_bottom = 2 * kMiddle - heights_.tracker_top;
      heights_.full_bottom = 2 * kMiddle - heights_.full_top;
    }
    if (above && below) return true;
    // Nothing goes on past the ends of the bars.
    constexpr float kQuiet = 0.3f;
    const float past = 0.4f * kPerPitch;
    return mean_rows(mean.data(), heights_.full_top - 2 * past, heights_.full_top - past) <
               kQuiet &&
           mean_rows(mean.data(), heights_.full_bottom + past, heights_.full_bottom + 2 * past) <
               kQuiet;
  }

  // Tracker darkness of every place, against that of the typical bar; the best of five heights
  // while the row may still lie up to 2 × `slack` rows off.
  void measure_presence(float slack) {
    std::vector<float> tracker;
    for (int k = 0; k < profiles_.bars; ++k) {
      float best = -255;
      for (float off = -2 * slack; off <= 2 * slack; off += std::max(slack, 1.0f))
        best = std::max(best, mean_rows(profiles_.bar(k), kMiddle + off - 0.38f * kPerPitch,
                                        kMiddle + off + 0.38f * kPerPitch));
      tracker.push_back(best);
    }
    typical_ = std::max(1.0f, percentile(tracker, 0.6f));
    // The run tells which bars count; its own median is the better measure.
    for (int pass = 0; pass < 2; ++pass) {
      presence_.clear();
      for (const float darkness : tracker) presence_.push_back(darkness / typical_);
      run_ = longest_run(presence_);
      if (run_.length() < 8) return;
      typical_ = std::max(
          1.0f, percentile({tracker.begin() + run_.first, tracker.begin() + run_.last + 1}, 0.5f));
    }
  }

  Profile mean_profile(int first, int last) const {
    Profile mean{};
    for (int k = first; k <= last; ++k)
      for (int r = 0; r < kRows; ++r) mean[static_cast<std::size_t>(r)] += profiles_.bar(k)[r];
    for (float& value : mean) value /= typical_ * static_cast<float>(last - first + 1);
    return mean;
  }

  void move_profile(int k, float rows) {
    Profile old;
    std::copy_n(profiles_.bar(k), kRows, old.begin());
    const int whole = static_cast<int>(std::floor(rows));
    const float part = rows - static_cast<float>(whole);
    for (int r = 0; r < kRows; ++r) {
      const int one = std::clamp(r + whole, 0, kRows - 1);
      const int two = std::clamp(r + whole + 1, 0, kRows - 1);
      profiles_.bar(k)[r] = (1 - part) * old[static_cast<std::size_t>(one)] +
                            part * old[static_cast<std::size_t>(two)];
    }
  }

  // Tracker darkness around each bar: light and ink change slowly along the row.
  void smooth_contrast() {
    local_.assign(static_cast<std::size_t>(profiles_.bars), typical_);
    constexpr int kReach = 5;
    for (int k = 0; k < profiles_.bars; ++k) {
      float sum = 2, weight = 2;  // a pull towards the typical bar
      for (int n = std::max(run_.first, k - kReach); n <= std::min(run_.last, k + kReach); ++n) {
        const float w = 1.0f - static_cast<float>(std::abs(n - k)) / (kReach + 1);
        sum += w * std::clamp(presence_[static_cast<std::size_t>(n)], 0.3f, 1.5f);
        weight += w;
      }
      local_[static_cast<std::size_t>(k)] = typical_ * sum / weight;
    }
  }

  void measure_half_bars() {
    const float above = heights_.tracker_top - heights_.full_top;
    const float below = heights_.full_bottom - heights_.tracker_bottom;
    const Zone upper{heights_.full_top + 0.15f * above, heights_.tracker_top - 0.2f * above};
    const Zone lower{heights_.tracker_bottom + 0.2f * below, heights_.full_bottom - 0.15f * below};
    ascender_ = measure_half(upper);
    descender_ = measure_half(lower);
  }

  std::vector<float> measure_half(Zone zone) const {
    std::vector<float> dark;
    for (int k = 0; k < profiles_.bars; ++k)
      dark.push_back(mean_rows(profiles_.bar(k), zone.from, zone.to) /
                     local_[static_cast<std::size_t>(k)]);
    std::vector<float> soft = soften(dark, run_);
    const std::vector<float> trust = half_bar_trust(profiles_, run_, zone, soft, moves_, typical_);
    for (std::size_t k = 0; k < soft.size(); ++k) soft[k] *= trust[k];
    return soft;
  }

  float clarity() const {
    int present = 0, sure = 0;
    for (int k = run_.first; k <= run_.last; ++k) {
      const auto at = static_cast<std::size_t>(k);
      present += presence_[at] >= kPresent;
      sure += (std::abs(ascender_[at]) > kSure) + (std::abs(descender_[at]) > kSure);
    }
    const auto bars = static_cast<float>(run_.length());
    return track_.coherence * (static_cast<float>(present) / bars) *
           (static_cast<float>(sure) / (2 * bars));
  }

  /// Mean grey of the spaces from one to another, beside the trackers.
  float paper_between(int first, int last) const {
    float sum = 0;
    for (int s = first; s <= last; ++s)
      sum += mean_rows(profiles_.space(s), kMiddle - kTrackerReach, kMiddle + kTrackerReach);
    return sum / static_cast<float>(last - first + 1);
  }

  /// The steps of the paper past both ends of the run; space s lies before bar s.
  void measure_steps(BarSequence& sequence) const {
    constexpr int kInside = 6, kSkipped = 2, kOutside = 2;
    const int first = run_.first, last = run_.last;
    if (run_.length() <= kInside) return;
    if (first >= kSkipped + kOutside)
      sequence.step_before = (paper_between(first - kSkipped - kOutside + 1, first - kSkipped) -
                              paper_between(first + 1, first + kInside)) /
                             typical_;
    if (last + kSkipped + kOutside <= profiles_.bars)
      sequence.step_after = (paper_between(last + kSkipped + 1, last + kSkipped + kOutside) -
                             paper_between(last - kInside + 1, last)) /
                            typical_;
  }

  BarSequence sequence() const {
    BarSequence sequence;
    const int from = std::max(0, run_.first - kPlacesPastEnds);
    const int to = std::min(profiles_.bars - 1, run_.last + kPlacesPastEnds);
    const float row_px = track_.pitch_px / kPerPitch;
    for (int k = from; k <= to; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const float move = moves_[at] * row_px;
      const Point centre{track_.centres[at].x + move * track_.axis.x,
                         track_.centres[at].y + move * track_.axis.y};
      sequence.bars.push_back({centre, presence_[at], ascender_[at], descender_[at]});
    }
    sequence.first = run_.first - from;
    sequence.last = run_.last - from;
    sequence.pitch_px = track_.pitch_px;
    sequence.contrast = std::clamp(typical_ / 255.0f, 0.0f, 1.0f);
    const float up = (heights_.full_top - kMiddle) * row_px;
    const float down = (heights_.full_bottom - kMiddle) * row_px;
    sequence.clarity = clarity();
    measure_steps(sequence);
    sequence.up = {up * track_.axis.x, up * track_.axis.y};
    sequence.down = {down * track_.axis.x, down * track_.axis.y};
    return sequence;
  }

  ImageView face_;
  const BarTrack& track_;
  BarProfiles profiles_;
  std::vector<float> presence_, local_, ascender_, descender_, moves_;
  float typical_ = 1;  // darkness of the typical tracker, grey levels
  Run run_;
  Heights heights_;
};

}  // namespace

std::optional<BarSequence> sample_bars(ImageView face, const BarTrack& track, int min_bars) {
  return Sampler(face, track).run(min_bars);
}

Quad outline_of(const BarSequence& sequence, int from, int to) {
  const Point left = sequence.bars[static_cast<std::size_t>(from)].centre;
  const Point right = sequence.bars[static_cast<std::size_t>(to)].centre;
  const float length = std::max(1.0f, std::hypot(right.x - left.x, right.y - left.y));
  const float half = 0.25f * sequence.pitch_px / length;  // half a bar's width past the centres
  const Point ahead{(right.x - left.x) * half, (right.y - left.y) * half};
  const auto corner = [](Point base, Point one, Point two, float sign) {
    return Point{base.x + one.x + sign * two.x, base.y + one.y + sign * two.y};
  };
  return {corner(left, sequence.up, ahead, -1), corner(right, sequence.up, ahead, +1),
          corner(right, sequence.down, ahead, +1), corner(left, sequence.down, ahead, -1)};
}

}  // namespace backstamp::vision::four_state
