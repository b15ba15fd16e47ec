#include "vision/four_state/row_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>

#include "vision/four_state/strip.h"

namespace backstamp::vision::four_state {
namespace {

constexpr int kLines = 17;  // half a pitch from each to the next
constexpr int kMiddle = kLines / 2;
constexpr int kReach = 2;    // lines that the row may lie off
constexpr int kOutside = 6;  // lines from the row to where no bar reaches
constexpr int kWindow = kCellsPerWindow;
constexpr int kMaxWindows = StripWaves::kMaxCells / kWindow;

// One line in windows: how much of its wave keeps step, and its energy as if it all did.
struct Line {
  std::array<float, kMaxWindows> step;
  std::array<float, kMaxWindows> whole;
};

void take_line(ImageView face, Point from, Point step, int windows, Line& line) {
  std::array<float, StripWaves::kMaxCells + 1> re, im, energy;
  const CellWaves waves{re.data(), im.data(), energy.data()};
  const int cells = windows * kWindow;
  sample_waves(face, from, step, cells, waves);
  re[static_cast<std::size_t>(cells)] = im[static_cast<std::size_t>(cells)] = 0;
  measure_step(waves, windows, line.step.data(), line.whole.data());
  constexpr float kPure = (kWindow - 1.0f) / kWindow * CellWaves::kSamples / 2;
  for (int w = 0; w < windows; ++w) {
    float& whole = line.whole[static_cast<std::size_t>(w)];
    whole = kPure * whole + 1.0f;
  }
}

class Prober {
 public:
  Prober(ImageView face, const BarRow& row) : face_(face), from_(row.from) {
    const float dx = row.to.x - row.from.x, dy = row.to.y - row.from.y;
    const float length = std::max(1.0f, std::hypot(dx, dy));
    const float sample = row.pitch_px / StripWaves::kSamplesPerCell;
    step_ = {sample * dx / length, sample * dy / length};
    down_ = {-0.5f * row.pitch_px * dy / length, 0.5f * row.pitch_px * dx / length};
    windows_ = std::min(kMaxWindows, static_cast<int>(length / row.pitch_px) / kWindow);
  }

  int windows() const { return windows_; }

  void take(int first, int last) {
    for (int i = first; i <= last; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto v = static_cast<float>(i - kMiddle);
      take_line(face_, {from_.x + v * down_.x, from_.y + v * down_.y}, step_, windows_, lines_[at]);
      power_[at] = 0;
      for (int w = 0; w < windows_; ++w) power_[at] += lines_[at].step[static_cast<std::size_t>(w)];
    }
  }

  // The strongest of the lines that may be the row's.
  int centre() const {
    const auto peak =
        std::max_element(power_.begin() + kMiddle - kReach, power_.begin() + kMiddle + kReach + 1);
    return static_cast<int>(peak - power_.begin());
  }

  float coherence(int centre, int min_bars) const {
    std::array<float, kMaxWindows> best{};
    for (int i = centre - 1; i <= centre + 1; ++i) {
      const Line& line = lines_[static_cast<std::size_t>(i)];
      for (std::size_t w = 0; w < static_cast<std::size_t>(windows_); ++w)
        best[w] = std::max(best[w], line.step[w] / line.whole[w]);
    }
    const int needed = std::clamp(min_bars / kWindow - 1, 1, std::max(1, windows_ - 1));
    std::partial_sort(best.begin(), best.begin() + needed, best.begin() + windows_,
                      std::greater<>());
    float sum = 0;
    for (int i = 0; i < needed; ++i) sum += best[static_cast<std::size_t>(i)];
    return sum / static_cast<float>(needed);
  }

  // Mean power of lines `from` to before `to`, against that of the line `centre`.
  float side(int from, int to, int centre) const {
    float sum = 0;
    for (int i = from; i < to; ++i) sum += power_[static_cast<std::size_t>(i)];
    const float own = power_[static_cast<std::size_t>(centre)];
    return to > from ? sum / (static_cast<float>(to - from) * own + 1.0f) : 0.0f;
  }

 private:
  ImageView face_;
  Point from_, step_, down_;
  int windows_ = 0;
  std::array<Line, kLines> lines_;  // those taken
  std::array<float, kLines> power_{};
};

}  // namespace

RowProbe probe_row(ImageView face, const BarRow& row, int min_bars, float least_coherence) {
  RowProbe probe;
  Prober prober(face, row);
  if (prober.windows() < 1) return probe;
  prober.take(kMiddle - kReach, kMiddle + kReach);
  const int centre = prober.centre();
  if (centre == kMiddle - kReach) prober.take(centre - 1, centre - 1);
  if (centre == kMiddle + kReach) prober.take(centre + 1, centre + 1);
  probe.offset = 0.5f * static_cast<float>(centre - kMiddle);
  probe.coherence = prober.coherence(centre, min_bars);
  if (probe.coherence < least_coherence) return probe;
  prober.take(0, centre - kOutside);
  prober.take(centre + kOutside, kLines - 1);
  prober.take(centre - 2, kMiddle - kReach - 1);
  prober.take(kMiddle + kReach + 1, centre + 2);
  const float above = prober.side(0, centre - kOutside + 1, centre);
  const float below = prober.side(centre + kOutside, kLines, centre);
  probe.height = 0.5f * (prober.side(centre - 2, centre, centre) +
                         prober.side(centre + 1, centre + 3, centre));
  probe.surround = std::max(above, below);
  probe.quieter_side = std::min(above, below);
  return probe;
}

}  // namespace backstamp::vision::four_state
