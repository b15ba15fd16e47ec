#include "vision/four_state/row_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <functional>

#include "vision/four_state/strip.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kLines = 17;  // half a pitch from each to the next
constexpr int kMiddle = kLines / 2;
constexpr int kReach = 2;    // lines that the row may lie off
constexpr int kOutside = 6;  // lines from the row to where no bar reaches
constexpr int kWindow = 8;   // cells over which a wave must keep step
constexpr int kMaxWindows = StripWaves::kMaxCells / kWindow;

// One line in windows: how much of its wave keeps step, and its energy as if it all did.
struct Line {
  std::array<float, kMaxWindows> step{};
  std::array<float, kMaxWindows> whole{};
};

Line take_line(ImageView face, Point from, Point step, int windows) {
  std::array<std::complex<float>, StripWaves::kMaxCells> wave;
  std::array<float, StripWaves::kMaxCells> energy;
  sample_waves(face, from, step, windows * kWindow, wave.data(), energy.data());
  Line line;
  for (int w = 0; w < windows; ++w) {
    float re = 0, im = 0, sum = 0;
    const auto first = static_cast<std::size_t>(w * kWindow);
    for (std::size_t c = first; c < first + kWindow; ++c) {
      if (c > first) {
        const std::complex<float> a = wave[c], b = wave[c - 1];
        re += a.real() * b.real() + a.imag() * b.imag();
        im += a.imag() * b.real() - a.real() * b.imag();
      }
      sum += energy[c];
    }
    constexpr float kPure = (kWindow - 1.0f) / kWindow * StripWaves::kSamplesPerCell / 2;
    line.step[static_cast<std::size_t>(w)] = std::sqrt(re * re + im * im);
    line.whole[static_cast<std::size_t>(w)] = kPure * sum + 1.0f;
  }
  return line;
}

}  // namespace

RowProbe probe_row(ImageView face, const BarRow& row, int min_bars) {
  const float dx = row.to.x - row.from.x, dy = row.to.y - row.from.y;
  const float length = std::max(1.0f, std::hypot(dx, dy));
  const Point along{dx / length, dy / length};
  const int windows = std::min(kMaxWindows, static_cast<int>(length / row.pitch_px) / kWindow);
  if (windows < 1) return {};
  const float sample = row.pitch_px / StripWaves::kSamplesPerCell;
  std::array<Line, kLines> lines;
  std::array<float, kLines> power{};
  for (int i = 0; i < kLines; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float v = static_cast<float>(i - kMiddle) * 0.5f * row.pitch_px;
    lines[at] = take_line(face, {row.from.x - v * along.y, row.from.y + v * along.x},
                          {sample * along.x, sample * along.y}, windows);
    for (int w = 0; w < windows; ++w) power[at] += lines[at].step[static_cast<std::size_t>(w)];
  }
  const auto peak =
      std::max_element(power.begin() + kMiddle - kReach, power.begin() + kMiddle + kReach + 1);
  const auto centre = static_cast<int>(peak - power.begin());
  RowProbe probe;
  probe.offset = 0.5f * static_cast<float>(centre - kMiddle);
  const auto side = [&](int from, int to) {
    float sum = 0;
    for (int i = from; i < to; ++i) sum += power[static_cast<std::size_t>(i)];
    return to > from ? sum / (static_cast<float>(to - from) * *peak + 1.0f) : 0.0f;
  };
  const float above = side(0, centre - kOutside + 1), below = side(centre + kOutside, kLines);
  probe.surround = std::max(above, below);
  probe.quieter_side = std::min(above, below);
  std::array<float, kMaxWindows> best{};
  for (int i = centre - 1; i <= centre + 1; ++i) {
    const Line& line = lines[static_cast<std::size_t>(i)];
    for (std::size_t w = 0; w < static_cast<std::size_t>(windows); ++w)
      best[w] = std::max(best[w], line.step[w] / line.whole[w]);
  }
  const int needed = std::clamp(min_bars / kWindow - 1, 1, std::max(1, windows - 1));
  std::partial_sort(best.begin(), best.begin() + needed, best.begin() + windows, std::greater<>());
  float sum = 0;
  for (int i = 0; i < needed; ++i) sum += best[static_cast<std::size_t>(i)];
  probe.coherence = sum / static_cast<float>(needed);
  return probe;
}

}  // namespace backstamp::vision::four_state
