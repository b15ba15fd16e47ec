#include "vision/grid/strokes/course.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace backstamp::vision {
namespace {

constexpr int kSlopes = 17;         // looked at, the steepest kSteepest
constexpr float kSteepest = 0.6f;   // 31 degrees
constexpr int kStrip = 5;           // columns each way that a slope is measured in
constexpr int kStride = 2;          // columns from one strip to the next
constexpr int kHalves = kFine / 2;  // samples of two, as slopes are measured in

using Bytes = std::vector<std::uint8_t>;

/// As many samples as lines of a strip are moved up or down, and more.
constexpr int kPad = 8;
static_assert(kSteepest * kStrip * kHalves < kPad);

/// The middle of every column of modules (or row), two samples in one, 0 to 255, its ends repeated;
/// what must be dark as if its print were off.
std::vector<Bytes> coarse_lines(const Patch& patch, bool turned) {
  const int lines = turned ? patch.rows : patch.columns;
  const int halves = (turned ? patch.columns : patch.rows) * kHalves;
  const auto height = static_cast<std::ptrdiff_t>(patch.height());
  const std::ptrdiff_t beside = turned ? 1 : height, on = turned ? height : 1;
  const float over = 1 / std::max(patch.print, 0.15f);
  std::vector<Bytes> out(static_cast<std::size_t>(lines));
  for (int l = 0; l < lines; ++l) {
    Bytes& line = out[static_cast<std::size_t>(l)];
    line.resize(static_cast<std::size_t>(halves + 2 * kPad));
    const float* at = patch.paper.data() + beside * (l * kFine + 1);
    for (int i = 0; i < halves; ++i, at += 2 * on) {
      float value = (at[0] + at[on] + at[beside] + at[beside + on]) / 4;
      const int cell = i / kHalves;
      if (patch.light_cell(turned ? cell : l, turned ? l : cell) == 0) value *= over;
      line[static_cast<std::size_t>(kPad + i)] =
          static_cast<std::uint8_t>(255 * std::clamp(value, 0.0f, 1.0f));
    }
    std::fill_n(line.begin(), kPad, line[kPad]);
    std::fill_n(line.end() - kPad, kPad, *(line.end() - kPad - 1));
  }
  return out;
}

float slope_of(int s) {
  return kSteepest * (2 * static_cast<float>(s) / (kSlopes - 1) - 1);
}

/// The lightest four of all lines of a strip at one slope.
class Lightest {
 public:
  explicit Lightest(std::size_t height) : height_(height) {
    for (Bytes& b : best_) b.resize(height);
  }
  void reset() {
    for (Bytes& b : best_) std::fill(b.begin(), b.end(), 0);
  }
  /// Takes in a line moved up by `shift`.
  void add(const Bytes& line, int shift) {
    const std::uint8_t* __restrict from = line.data() + kPad + shift;
    std::uint8_t* __restrict a = best_[0].data();
    std::uint8_t* __restrict b = best_[1].data();
    std::uint8_t* __restrict c = best_[2].data();
    std::uint8_t* __restrict d = best_[3].data();
    const std::size_t height = height_;
    for (std::size_t y = 0; y < height; ++y) {
      std::uint8_t next = from[y];
      const auto keep = [&next](std::uint8_t& kept) {
        const std::uint8_t had = kept;
        kept = had > next ? had : next;
        next = had > next ? next : had;
      };
      keep(a[y]);
      keep(b[y]);
      keep(c[y]);
      keep(d[y]);
    }
  }
  /// How far below light paper these are, squared and summed.
  float darkness() const {
    constexpr int kPaper = 204;
    int sum = 0;
    for (std::size_t y = 0; y < height_; ++y) {
      const int mean = (best_[0][y] + best_[1][y] + best_[2][y] + best_[3][y]) / 4;
      const int less = std::max(0, kPaper - mean);
      sum += less * less;
    }
    return static_cast<float>(sum) / (255.0f * 255.0f);
  }

 private:
  std::size_t height_;
  std::array<Bytes, 4> best_;
};

using Scores = std::array<float, kSlopes>;

std::vector<Scores> strip_scores(const Patch& patch, bool turned) {
  const std::vector<Bytes> lines = coarse_lines(patch, turned);
  const int count = static_cast<int>(lines.size());
  Lightest lightest(lines.front().size() - 2 * kPad);
  std::vector<Scores> out;
  for (int l = 0; l < count; l += kStride) {
    Scores scores{};
    for (int s = 0; s < kSlopes; ++s) {
      lightest.reset();
      for (int i = std::max(0, l - kStrip); i <= std::min(count - 1, l + kStrip); ++i) {
        const float shift = slope_of(s) * static_cast<float>((i - l) * kHalves);
        lightest.add(lines[static_cast<std::size_t>(i)],
                     static_cast<int>(shift < 0 ? shift - 0.5f : shift + 0.5f));
      }
      scores[static_cast<std::size_t>(s)] = lightest.darkness();
    }
    out.push_back(scores);
  }
  return out;
}

/// The slopes, one a strip, that are darkest in all while they turn slowly.
std::vector<int> smoothest(const std::vector<Scores>& strips) {
  float most = 0;
  for (const Scores& scores : strips)
    most = std::max(most, *std::max_element(scores.begin(), scores.end()));
  const float turning = 0.03f * most;  // a step of slope, squared
  std::vector<std::array<int, kSlopes>> from(strips.size());
  Scores best = strips.front();
  for (std::size_t i = 1; i < strips.size(); ++i) {
    Scores next{};
    for (int s = 0; s < kSlopes; ++s) {
      float top = -1e9f;
      for (int t = std::max(0, s - 3); t <= std::min(kSlopes - 1, s + 3); ++t) {
        const float value =
            best[static_cast<std::size_t>(t)] - turning * static_cast<float>((s - t) * (s - t));
        if (value > top) top = value, from[i][static_cast<std::size_t>(s)] = t;
      }
      next[static_cast<std::size_t>(s)] = top + strips[i][static_cast<std::size_t>(s)];
    }
    best = next;
  }
  std::vector<int> path(strips.size());
  int at = static_cast<int>(std::max_element(best.begin(), best.end()) - best.begin());
  for (std::size_t i = strips.size(); i-- > 0;) {
    path[i] = at;
    at = from[i][static_cast<std::size_t>(at)];
  }
  return path;
}

}  // namespace

std::vector<float> middle_column(const Patch& patch, int column) {
  const float* left = patch.sample_column(column * kFine + 1);
  const float* right = left + patch.height();
  std::vector<float> out(patch.height());
  for (std::size_t y = 0; y < out.size(); ++y) out[y] = (left[y] + right[y]) / 2;
  return out;
}

Course course_of(const Patch& patch, bool turned) {
  const std::vector<Scores> strips = strip_scores(patch, turned);
  const std::vector<int> path = smoothest(strips);
  Course course;
  const auto slope_at = [&](float column) {
    const float at = std::clamp(column / kStride, 0.0f, static_cast<float>(path.size() - 1));
    const auto i = static_cast<std::size_t>(at);
    const float next = slope_of(path[std::min(i + 1, path.size() - 1)]);
    const float here = slope_of(path[i]);
    return here + (at - static_cast<float>(i)) * (next - here);
  };
  float down = 0;
  for (int c = 0; c < (turned ? patch.rows : patch.columns); ++c) {
    course.down.push_back(down);
    down += kFine * slope_at(static_cast<float>(c) + 0.5f);
  }
  const float middle = course.down[course.down.size() / 2];
  for (float& value : course.down) value -= middle;
  for (std::size_t i = 0; i < strips.size(); ++i)
    course.strength += strips[i][static_cast<std::size_t>(path[i])];
  course.strength /= static_cast<float>(patch.columns * patch.rows);
  return course;
}

}  // namespace backstamp::vision
