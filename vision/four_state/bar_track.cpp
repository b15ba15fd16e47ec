#include "vision/four_state/bar_track.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <numbers>

#include "vision/four_state/profile_math.h"
#include "vision/four_state/strip.h"

namespace backstamp::vision::four_state {
namespace {

using Wave = std::complex<float>;
constexpr float kTau = 2 * std::numbers::pi_v<float>;
constexpr int kMarginCells = 6;
constexpr int kWindow = 8;  // cells over which a wave must keep step
constexpr int kWindowStep = 4;
constexpr float kGoodCoherence = 0.47f;
constexpr float kMaxLean = 0.3f;

// Waves of kWindow neighbouring cells added up: large where the bars keep step.
struct Windows {
  int count = 0;
  std::vector<Wave> wave;        // [row × count + window]
  std::vector<float> coherence;  // 1 for a pure wave, about 1/8 for noise

  std::size_t at(int row, int window) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(count) +
           static_cast<std::size_t>(window);
  }
};

// The energy that noise alone gives a cell: some part of every strip is bare paper.
float noise_energy(const StripWaves& strip) {
  std::vector<float> some;
  // One in seven: all rows and cells take part, because seven divides neither.
  for (std::size_t i = 0; i < strip.energy.size(); i += 7) some.push_back(strip.energy[i]);
  const auto nth = some.begin() + static_cast<std::ptrdiff_t>(some.size() / 5);
  std::nth_element(some.begin(), nth, some.end());
  return *nth;
}

Windows add_windows(const StripWaves& strip) {
  const float noise = kWindow * noise_energy(strip);
  Windows windows;
  windows.count = std::max(0, (strip.cells - kWindow) / kWindowStep + 1);
  windows.wave.resize(static_cast<std::size_t>(StripWaves::kRows * windows.count));
  windows.coherence.resize(windows.wave.size());
  for (int r = 0; r < StripWaves::kRows; ++r) {
    for (int w = 0; w < windows.count; ++w) {
      Wave sum = 0;
      float energy = 0;
      for (int c = w * kWindowStep; c < w * kWindowStep + kWindow; ++c) {
        sum += Wave(strip.re[strip.at(r, c)], strip.im[strip.at(r, c)]);
        energy += strip.energy[strip.at(r, c)];
      }
      windows.wave[windows.at(r, w)] = sum;
      constexpr float kPure = kWindow * StripWaves::kSamplesPerCell / 2.0f;
      const float signal = std::max(energy - noise, 0.3f * energy);
      windows.coherence[windows.at(r, w)] =
          std::min(1.0f, std::norm(sum) / (kPure * signal + 1.0f));
    }
  }
  return windows;
}

// across = offset + slope × cell, in pitches.
struct RowLine {
  float offset = 0;
  float slope = 0;
  float at(float cell) const { return offset + slope * cell; }
};

float window_cell(int window) {
  return static_cast<float>(window * kWindowStep) + 0.5f * kWindow;
}

// A window moves by fewer rows at any slope; so many are empty above and below.
constexpr int kMoveRows = 40;
constexpr int kPaddedRows = StripWaves::kRows + 3;  // a multiple of four
constexpr int kStrengthRows = kPaddedRows + 2 * kMoveRows;
using Strength = std::array<float, kStrengthRows>;

// Of each window: the strength of the wave over about the height of a tracker, so that the middle
// of the tracker is the strongest even where most bars ascend.
std::vector<Strength> wave_strength(const Windows& windows) {
  std::vector<Strength> strength(static_cast<std::size_t>(windows.count));
  for (int w = 0; w < windows.count; ++w) {
    std::array<float, StripWaves::kRows> raw;
    for (int r = 0; r < StripWaves::kRows; ++r) {
      const std::size_t at = windows.at(r, w);
      raw[static_cast<std::size_t>(r)] =
          std::sqrt(std::norm(windows.wave[at])) * windows.coherence[at];
    }
    float* out = strength[static_cast<std::size_t>(w)].data() + kMoveRows;
    for (std::size_t r = 2; r + 2 < raw.size(); ++r)
      out[r] = raw[r - 2] + 2 * raw[r - 1] + 3 * raw[r] + 2 * raw[r + 1] + raw[r + 2];
  }
  return strength;
}

// The line across the strip on which the waves are strongest in sum: all slopes up to 4 degrees.
RowLine strongest_line(const Windows& windows) {
  const std::vector<Strength> strength = wave_strength(windows);
  const float middle = window_cell(windows.count / 2);
  constexpr int kSteps = 14;
  constexpr float kMaxSlope = 0.07f;
  RowLine best;
  float most = -1;
  for (int s = -kSteps; s <= kSteps; ++s) {
    const float slope = kMaxSlope * static_cast<float>(s) / kSteps;
    std::array<float, kPaddedRows> total{};
    for (int w = 0; w < windows.count; ++w) {
      const int rows = nearest(slope * (window_cell(w) - middle) * StripWaves::kRowsPerPitch);
      const int shift = std::clamp(rows, -kMoveRows, kMoveRows);
      const float* from = strength[static_cast<std::size_t>(w)].data() + kMoveRows + shift;
      for (std::size_t r = 0; r < total.size(); ++r) total[r] += from[r];
    }
    const auto top = std::max_element(total.begin(), total.begin() + StripWaves::kRows);
    if (*top <= most) continue;
    most = *top;
    best = {StripWaves::across_of(static_cast<int>(top - total.begin())) - slope * middle, slope};
  }
  return best;
}

// The tracker row is where every bar is printed, so where the wave is strongest; its fourth power
// keeps the rows of ascenders and descenders, half as strong, out of the mean.
RowLine find_tracker_row(const Windows& windows) {
  RowLine line = strongest_line(windows);
  float n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int w = 0; w < windows.count; ++w) {
    const float x = window_cell(w);
    for (int r = 0; r < StripWaves::kRows; ++r) {
      const float y = StripWaves::across_of(r);
      if (std::abs(y - line.at(x)) > 0.6f) continue;
      const float power = std::norm(windows.wave[windows.at(r, w)]);
      const float weight = power * power * windows.coherence[windows.at(r, w)];
      n += weight, sx += weight * x, sy += weight * y;
      sxx += weight * x * x, sxy += weight * x * y;
    }
  }
  const float det = n * sxx - sx * sx;
  if (!(n > 0) || !(det > 1e-3f * n * n)) return line;
  line.slope = std::clamp((n * sxy - sx * sy) / det, line.slope - 0.02f, line.slope + 0.02f);
  line.offset = (sy - line.slope * sx) / n;
  return line;
}

int row_at(float across) {
  const int row = nearest(across * StripWaves::kRowsPerPitch) + StripWaves::kRows / 2;
  return std::clamp(row, 0, StripWaves::kRows - 1);
}

float coherence_at(const Windows& windows, const RowLine& line, int window) {
  return windows.coherence[windows.at(row_at(line.at(window_cell(window))), window)];
}

// Mean coherence of the best windows that together cover `min_bars` bars, or most of a row that is
// still shorter.
float coherence_along(const Windows& windows, const RowLine& line, int min_bars) {
  std::vector<float> found;
  for (int w = 0; w < windows.count; ++w) found.push_back(coherence_at(windows, line, w));
  const int needed_windows = std::min((min_bars - 4) / kWindowStep, windows.count * 2 / 3);
  const auto needed = static_cast<std::size_t>(std::max(1, needed_windows));
  std::sort(found.begin(), found.end(), std::greater<>());
  float sum = 0;
  for (std::size_t i = 0; i < needed; ++i) sum += found[i];
  return sum / static_cast<float>(needed);
}

// The wave of each cell on the tracker row, smoothed along it over about six cells.
std::vector<Wave> row_waves(const StripWaves& strip, const RowLine& line) {
  const auto cells = static_cast<std::size_t>(strip.cells);
  std::vector<Wave> raw(cells), smooth(cells);
  for (int c = 0; c < strip.cells; ++c) {
    const int row = row_at(line.at(static_cast<float>(c) + 0.5f));
    for (int r = std::max(0, row - 1); r <= std::min(StripWaves::kRows - 1, row + 1); ++r)
      raw[static_cast<std::size_t>(c)] += Wave(strip.re[strip.at(r, c)], strip.im[strip.at(r, c)]);
  }
  constexpr std::array<float, 4> kWeights{1.0f, 0.85f, 0.5f, 0.15f};
  for (int c = 0; c < strip.cells; ++c) {
    Wave sum = 0;
    for (int d = -3; d <= 3; ++d)
      if (c + d >= 0 && c + d < strip.cells)
        sum +=
            kWeights[static_cast<std::size_t>(std::abs(d))] * raw[static_cast<std::size_t>(c + d)];
    smooth[static_cast<std::size_t>(c)] = sum;
  }
  return smooth;
}

float wrap(float angle) {
  return std::remainder(angle, kTau);
}

// Follows the phase from the strongest cell to both sides; where the wave is weak it runs on at
// the rate it had.
std::vector<float> follow_phase(const std::vector<Wave>& waves) {
  const int cells = static_cast<int>(waves.size());
  int start = 0;
  float strongest = 0;
  for (int c = 0; c < cells; ++c) {
    float around = 0;
    for (int d = std::max(0, c - 2); d <= std::min(cells - 1, c + 2); ++d)
      around += std::abs(waves[static_cast<std::size_t>(d)]);
    if (around > strongest) strongest = around, start = c;
  }
  const float full = 0.5f * strongest / 5;
  std::vector<float> phase(waves.size());
  phase[static_cast<std::size_t>(start)] = std::arg(waves[static_cast<std::size_t>(start)]);
  // The first rate comes from eight cells around the start, where phase cannot be mistaken.
  Wave turn = 0;
  for (int c = std::max(0, start - 4); c < std::min(cells - 1, start + 4); ++c)
    turn += waves[static_cast<std::size_t>(c + 1)] * std::conj(waves[static_cast<std::size_t>(c)]);
  for (const int step : {+1, -1}) {
    float rate = std::arg(turn) * static_cast<float>(step);
    float here = phase[static_cast<std::size_t>(start)];
    for (int c = start + step; c >= 0 && c < cells; c += step) {
      const Wave wave = waves[static_cast<std::size_t>(c)];
      const float trust = std::min(1.0f, std::abs(wave) / full);
      const float error = wrap(std::arg(wave) - here - rate);
      here += rate + 0.7f * trust * trust * error;
      rate = std::clamp(rate + 0.1f * trust * trust * error, -0.6f, 0.6f);
      phase[static_cast<std::size_t>(c)] = here;
    }
  }
  return phase;
}

// How far along the bars lean a pitch of going down: from the phase above and below the tracker.
float find_lean(const Windows& windows, const RowLine& line) {
  float sum_xy = 0, sum_xx = 0;
  for (int d = -6; d <= 6; ++d) {
    Wave product = 0;
    for (int w = 0; w < windows.count; ++w) {
      const float across = line.at(window_cell(w));
      const int middle = row_at(across);
      const int row = std::clamp(middle + d, 0, StripWaves::kRows - 1);
      product += windows.wave[windows.at(row, w)] * std::conj(windows.wave[windows.at(middle, w)]);
    }
    const float distance = static_cast<float>(d) / StripWaves::kRowsPerPitch;
    const float shift = -std::arg(product) / kTau;
    const float weight = std::abs(product);
    sum_xy += weight * distance * shift;
    sum_xx += weight * distance * distance;
  }
  return sum_xx > 0 ? std::clamp(sum_xy / sum_xx, -kMaxLean, kMaxLean) : 0.0f;
}

// Bars lie where cell position × 2π + phase is a multiple of 2π.
std::vector<float> bar_cells(const std::vector<float>& phase) {
  std::vector<float> cells;
  float before = 0.5f * kTau + phase[0];
  float next = std::ceil(before / kTau) * kTau;
  for (std::size_t c = 1; c < phase.size(); ++c) {
    const float here = (static_cast<float>(c) + 0.5f) * kTau + phase[c];
    while (next <= here && here > before) {
      cells.push_back(static_cast<float>(c) - 0.5f + (next - before) / (here - before));
      next += kTau;
    }
    before = here;
  }
  return cells;
}

Point place_of(const StripWaves& strip, const RowLine& line, float cell) {
  const float u = cell * strip.pitch_px, v = line.at(cell) * strip.pitch_px;
  return {strip.origin.x + u * strip.along.x + v * strip.across.x,
          strip.origin.y + u * strip.along.y + v * strip.across.y};
}

// The same row on the line just found, when it goes on past an end of the strip (its bars still
// keep step there) or when the strip lay askew of it. None when the strip served.
std::optional<BarRow> improved(const StripWaves& strip, const Windows& windows, const RowLine& line,
                               const BarRow& row) {
  constexpr float kAlive = 0.5f;
  constexpr float kMoreCells = 20;
  constexpr int kLongestCells = 120;
  constexpr float kAskewPitches = 0.8f;
  const bool longer = strip.cells <= kLongestCells;
  const bool left = longer && coherence_at(windows, line, 0) > kAlive;
  const bool right = longer && coherence_at(windows, line, windows.count - 1) > kAlive;
  const float cells = static_cast<float>(strip.cells);
  const bool askew = std::abs(line.slope) * 0.5f * cells > kAskewPitches;
  if (!left && !right && !askew) return std::nullopt;
  BarRow better = row;
  const float last = cells - kMarginCells;
  better.from = place_of(strip, line, left ? kMarginCells - kMoreCells : kMarginCells);
  better.to = place_of(strip, line, right ? last + kMoreCells : last);
  return better;
}

BarTrack make_track(const StripWaves& strip, const Windows& windows, const RowLine& line) {
  BarTrack track;
  const std::vector<float> cells = bar_cells(follow_phase(row_waves(strip, line)));
  if (cells.size() < 2) return track;
  for (const float cell : cells) track.centres.push_back(place_of(strip, line, cell));
  const float norm = std::hypot(1.0f, line.slope);
  track.along = {(strip.along.x + line.slope * strip.across.x) / norm,
                 (strip.along.y + line.slope * strip.across.y) / norm};
  const float lean = find_lean(windows, line);
  track.axis = {strip.across.x + lean * strip.along.x, strip.across.y + lean * strip.along.y};
  track.pitch_px =
      strip.pitch_px * norm * (cells.back() - cells.front()) / static_cast<float>(cells.size() - 1);
  return track;
}

}  // namespace

std::optional<BarTrack> track_bars(ImageView face, const BarRow& row, int min_bars) {
  constexpr int kMostImprovements = 4;
  BarRow here = row;
  for (int pass = 0;; ++pass) {
    const StripWaves strip = sample_strip(face, here, kMarginCells);
    const Windows windows = add_windows(strip);
    if (windows.count < 2) return std::nullopt;
    const RowLine line = find_tracker_row(windows);
    const float coherence = coherence_along(windows, line, min_bars);
    if (coherence < kGoodCoherence) return std::nullopt;
    if (pass < kMostImprovements) {
      if (const auto better = improved(strip, windows, line, here)) {
        here = *better;
        continue;
      }
    }
    BarTrack track = make_track(strip, windows, line);
    track.coherence = coherence;
    if (static_cast<int>(track.centres.size()) < min_bars) return std::nullopt;
    return track;
  }
}

}  // namespace backstamp::vision::four_state
