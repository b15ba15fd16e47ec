#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "vision/four_state/bar_profiles.h"
#include "vision/four_state/bar_sequence.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kRows = BarProfiles::kRows;
constexpr int kMiddle = kRows / 2;
constexpr float kPerPitch = BarProfiles::kRowsPerPitch;
constexpr float kPresent = 0.45f;  // of the typical tracker's darkness
constexpr int kPlacesPastEnds = 4;
constexpr float kMinContrastGrey = 4.0f;

using Profile = std::array<float, kRows>;

float mean_rows(const float* rows, float from, float to) {
  const int first = std::clamp(static_cast<int>(std::lround(from)), 0, kRows - 1);
  const int last = std::clamp(static_cast<int>(std::lround(to)), first, kRows - 1);
  float sum = 0;
  for (int r = first; r <= last; ++r) sum += rows[r];
  return sum / static_cast<float>(last - first + 1);
}

float percentile(std::vector<float> values, float part) {
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<float>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

struct Run {
  int first = 0;
  int last = -1;
  int length() const { return last - first + 1; }
};

// The longest run of present bars; one or two missing ones inside (a dead nozzle, a scratch) are
// bridged when at least three present ones follow.
Run longest_run(const std::vector<float>& presence) {
  Run best, here;
  const int count = static_cast<int>(presence.size());
  const auto present = [&](int k) {
    return k >= 0 && k < count && presence[static_cast<std::size_t>(k)] >= kPresent;
  };
  for (int k = 0; k < count; ++k) {
    if (!present(k)) continue;
    const bool near = here.last >= 0 && k - here.last <= 3 &&
                      (k - here.last == 1 || (present(k + 1) && present(k + 2)));
    if (near) {
      here.last = k;
    } else {
      here = {k, k};
    }
    if (here.length() > best.length()) best = here;
  }
  return best;
}

// Where the tracker and the full bar begin and end, in rows of the mean profile.
struct Heights {
  float tracker_top = 0, tracker_bottom = 0;
  float full_top = 0, full_bottom = 0;
};

// The row, between pixels, at which a profile going outwards from `from` falls under `level`.
float crossing(const Profile& profile, int from, int step, float level) {
  for (int r = from; r + step >= 0 && r + step < kRows; r += step) {
    const float here = profile[static_cast<std::size_t>(r)];
    const float next = profile[static_cast<std::size_t>(r + step)];
    if (next < level)
      return static_cast<float>(r) +
             static_cast<float>(step) *
                 std::clamp((here - level) / (here - next + 1e-6f), 0.0f, 1.0f);
  }
  return step > 0 ? kRows - 1.0f : 0.0f;
}

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
      : track_(track), profiles_(sample_profiles(face, track)) {}

  std::optional<BarSequence> run(int min_bars) {
    if (profiles_.bars < min_bars) return std::nullopt;
    measure_presence(0.5f * kPerPitch);
    if (run_.length() < min_bars || typical_ < kMinContrastGrey) return std::nullopt;
    level_rows();
    measure_presence(0);
    if (run_.length() < min_bars) return std::nullopt;
    const Profile mean = mean_profile(run_.first, run_.last);
    if (!find_side(mean, -1, &heights_.tracker_top, &heights_.full_top) ||
        !find_side(mean, +1, &heights_.tracker_bottom, &heights_.full_bottom))
      return std::nullopt;
    smooth_contrast();
    measure_half_bars();
    return sequence();
  }

 private:
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

  // Centres the trackers on the middle row: finds per group of bars how far they lie off, fits a
  // parabola along the row and what paper waves leave of it, and moves each bar's profile by it.
  void level_rows() {
    std::vector<Offset> offsets = group_offsets();
    std::array<double, 3> curve{};
    for (int pass = 0; pass < 3; ++pass) {
      std::array<double, 5> power{};
      std::array<double, 3> moment{};
      for (const Offset& offset : offsets) {
        const double expected = value(curve, offset.place);
        const double rows = offset.nearest(expected);
        if (pass == 0 ? !offset.agreed() : std::abs(rows - expected) > kStray) continue;
        double p = 1;
        for (std::size_t i = 0; i < power.size(); ++i, p *= offset.place) {
          power[i] += p;
          if (i < moment.size()) moment[i] += p * rows;
        }
      }
      if (power[0] < 3) return;
      curve = solve(power, moment);
    }
    const double reach = 2.0 * 8 / std::max(8, run_.length());
    for (int k = 0; k < profiles_.bars; ++k) {
      const double x = std::clamp(place(k), -1.1, 1.1);
      double sum = 0, weight = 0.5;
      for (const Offset& offset : offsets) {
        const double expected = value(curve, offset.place);
        const double rest = offset.nearest(expected) - expected;
        const double distance = std::abs(offset.place - x) / reach;
        if (std::abs(rest) > kStray || distance >= 1) continue;
        sum += (1 - distance) * rest, weight += 1 - distance;
      }
      move_profile(k, static_cast<float>(value(curve, x) + sum / weight));
    }
  }

  static constexpr double kStray = 0.35 * kPerPitch;

  // Two opinions, which agree unless nearly all bars of the group ascend, or descend.
  struct Offset {
    double place;
    double low;
    double high;
    bool agreed() const { return high - low < kStray; }
    double nearest(double expected) const {
      if (agreed()) return 0.5 * (low + high);
      return std::abs(low - expected) < std::abs(high - expected) ? low : high;
    }
  };

  static double value(const std::array<double, 3>& curve, double x) {
    return curve[0] + curve[1] * x + curve[2] * x * x;
  }

  // Where one bar ends above and below.
  struct Ends {
    float top;
    float bottom;
  };

  Ends bar_ends(int k) const {
    const float* rows = profiles_.bar(k);
    Profile smooth{};
    for (std::size_t r = 1; r + 1 < kRows; ++r) smooth[r] = rows[r - 1] + rows[r] + rows[r + 1];
    const auto peak = static_cast<int>(
        std::max_element(smooth.begin() + kMiddle - 8, smooth.begin() + kMiddle + 9) -
        smooth.begin());
    const float level = 1.5f * std::clamp(smooth[static_cast<std::size_t>(peak)] / 3,
                                          0.6f * typical_, 1.2f * typical_);
    return {crossing(smooth, peak, -1, level), crossing(smooth, peak, +1, level)};
  }

  // Four edges of a group of bars: some bars end at the tracker's top, some at the ascender's, and
  // so below. In a group of nothing but ascenders two of the four are wrong.
  struct Edges {
    double place;
    float inner_top, inner_bottom, outer_top, outer_bottom;
  };

  std::vector<Offset> group_offsets() const {
    constexpr std::size_t kGroup = 12;
    constexpr std::size_t kRank = 2;  // the third from either end
    std::vector<Edges> groups;
    std::vector<float> tops, bottoms;
    for (int k = run_.first; k <= run_.last; ++k) {
      const Ends ends = bar_ends(k);
      tops.push_back(ends.top), bottoms.push_back(ends.bottom);
    }
    for (std::size_t k = 0; k + kGroup <= tops.size(); k += 3) {
      std::array<float, kGroup> top, bottom;
      std::copy_n(tops.begin() + static_cast<std::ptrdiff_t>(k), kGroup, top.begin());
      std::copy_n(bottoms.begin() + static_cast<std::ptrdiff_t>(k), kGroup, bottom.begin());
      std::sort(top.begin(), top.end());
      std::sort(bottom.begin(), bottom.end());
      groups.push_back({place(run_.first + static_cast<double>(k) + (kGroup - 1) * 0.5),
                        top[kGroup - 1 - kRank], bottom[kRank], top[kRank],
                        bottom[kGroup - 1 - kRank]});
    }
    if (groups.empty()) return {};
    std::vector<float> inner, outer;
    for (const Edges& e : groups) {
      inner.push_back(0.5f * (e.inner_bottom - e.inner_top));
      outer.push_back(0.5f * (e.outer_bottom - e.outer_top));
    }
    const float tracker = percentile(inner, 0.4f), full = percentile(outer, 0.6f);
    std::vector<Offset> offsets;
    for (const Edges& e : groups) {
      std::array<float, 4> middle{e.inner_top + tracker, e.inner_bottom - tracker,
                                  e.outer_top + full, e.outer_bottom - full};
      std::sort(middle.begin(), middle.end());
      offsets.push_back({e.place, 0.5 * (middle[0] + middle[1]) - kMiddle,
                         0.5 * (middle[2] + middle[3]) - kMiddle});
    }
    return offsets;
  }

  double place(double k) const {
    return (k - 0.5 * (run_.first + run_.last)) / (0.5 * std::max(1, run_.length()));
  }

  // Normal equations of a parabola, a little damped towards a flat one.
  static std::array<double, 3> solve(const std::array<double, 5>& p, std::array<double, 3> m) {
    std::array<std::array<double, 3>, 3> a{
        {{p[0] + 0.1, p[1], p[2]}, {p[1], p[2] + 0.1, p[3]}, {p[2], p[3], p[4] + 0.3}}};
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = i + 1; j < 3; ++j) {
        const double factor = a[j][i] / a[i][i];
        for (std::size_t c = i; c < 3; ++c) a[j][c] -= factor * a[i][c];
        m[j] -= factor * m[i];
      }
    }
    std::array<double, 3> x{};
    for (std::size_t i = 3; i-- > 0;) {
      double sum = m[i];
      for (std::size_t c = i + 1; c < 3; ++c) sum -= a[i][c] * x[c];
      x[i] = sum / a[i][i];
    }
    return x;
  }

  void move_profile(int k, float rows) {
    Profile old;
    std::copy_n(profiles_.bar(k), kRows, old.begin());
    const float moved = std::clamp(rows, -1.2f * kPerPitch, 1.2f * kPerPitch);
    const int whole = static_cast<int>(std::floor(moved));
    const float part = moved - static_cast<float>(whole);
    for (int r = 0; r < kRows; ++r) {
      const int one = std::clamp(r + whole, 0, kRows - 1);
      const int two = std::clamp(r + whole + 1, 0, kRows - 1);
      profiles_.bar(k)[r] = (1 - part) * old[static_cast<std::size_t>(one)] +
                            part * old[static_cast<std::size_t>(two)];
    }
    if (moves_.empty()) moves_.resize(static_cast<std::size_t>(profiles_.bars));
    moves_[static_cast<std::size_t>(k)] = moved;
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
    std::vector<float> up, down;
    for (int k = 0; k < profiles_.bars; ++k) {
      const float scale = local_[static_cast<std::size_t>(k)];
      up.push_back(mean_rows(profiles_.bar(k), heights_.full_top + 0.15f * above,
                             heights_.tracker_top - 0.2f * above) /
                   scale);
      down.push_back(mean_rows(profiles_.bar(k), heights_.tracker_bottom + 0.2f * below,
                               heights_.full_bottom - 0.15f * below) /
                     scale);
    }
    ascender_ = separate(up);
    descender_ = separate(down);
  }

  // Two classes, then −1..+1 with the neighbours' part taken out: blur lets a printed neighbour
  // darken the space against which a bar is measured.
  std::vector<float> separate(const std::vector<float>& dark) const {
    const auto at = [&](const std::vector<float>& v, int k) {
      return v[static_cast<std::size_t>(k)];
    };
    float threshold = 0.5f, low = 0, high = 1;
    for (int pass = 0; pass < 4; ++pass) {
      float low_sum = 0, high_sum = 0;
      int low_count = 0, high_count = 0;
      for (int k = run_.first; k <= run_.last; ++k) {
        if (at(dark, k) < threshold)
          low_sum += at(dark, k), ++low_count;
        else
          high_sum += at(dark, k), ++high_count;
      }
      low = low_count > 2 ? low_sum / static_cast<float>(low_count) : 0.0f;
      high = high_count > 2 ? high_sum / static_cast<float>(high_count) : 1.0f;
      threshold = std::clamp(0.5f * (low + high), 0.25f, 0.75f);
    }
    const float gain = 2.0f / std::max(0.3f, high - low);
    std::vector<float> soft;
    for (const float value : dark) soft.push_back(gain * (value - threshold));
    return equalised(soft);
  }

  std::vector<float> equalised(const std::vector<float>& soft) const {
    std::vector<float> result = soft;
    const int count = static_cast<int>(soft.size());
    const auto hard = [&](int k) {
      return k < 0 || k >= count || result[static_cast<std::size_t>(k)] < 0 ? -1.0f : 1.0f;
    };
    for (int pass = 0; pass < 2; ++pass) {
      // soft ≈ c0 + c1·bar + c2·(left + right)/2: least squares by the correlations of the runs.
      double sbb = 0, snn = 0, sbn = 0, sb = 0, sn = 0, sy = 0, sby = 0, sny = 0, n = 0;
      for (int k = run_.first; k <= run_.last; ++k) {
        const double b = hard(k), m = 0.5 * (hard(k - 1) + hard(k + 1));
        const double y = soft[static_cast<std::size_t>(k)];
        n += 1, sb += b, sn += m, sy += y, sbb += b * b, snn += m * m, sbn += b * m;
        sby += b * y, sny += m * y;
      }
      const double bb = sbb - sb * sb / n, nn = snn - sn * sn / n, bn = sbn - sb * sn / n;
      const double by = sby - sb * sy / n, ny = sny - sn * sy / n;
      const double det = bb * nn - bn * bn;
      if (det < 1e-3 * n * n) return soft;
      const double c1 = (by * nn - ny * bn) / det;
      const double c2 = std::clamp((ny * bb - by * bn) / det, -0.5, 0.5);
      const double c0 = (sy - c1 * sb - c2 * sn) / n;
      if (c1 < 0.4) return soft;
      std::vector<float> next(soft.size());
      for (int k = 0; k < count; ++k) {
        const double m = 0.5 * (hard(k - 1) + hard(k + 1));
        next[static_cast<std::size_t>(k)] =
            static_cast<float>((soft[static_cast<std::size_t>(k)] - c0 - c2 * m) / c1);
      }
      result = std::move(next);
    }
    return result;
  }

  BarSequence sequence() const {
    BarSequence sequence;
    const int from = std::max(0, run_.first - kPlacesPastEnds);
    const int to = std::min(profiles_.bars - 1, run_.last + kPlacesPastEnds);
    const float row_px = track_.pitch_px / kPerPitch;
    for (int k = from; k <= to; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const float move = moves_.empty() ? 0.0f : moves_[at] * row_px;
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
    sequence.up = {up * track_.axis.x, up * track_.axis.y};
    sequence.down = {down * track_.axis.x, down * track_.axis.y};
    return sequence;
  }

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
