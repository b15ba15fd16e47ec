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

/// A column's middle, two samples in one, 0 to 255; what must be dark as if its print were off.
Bytes coarse_column(const Patch& patch, int column) {
  const std::vector<float> middle = middle_column(patch, column);
  Bytes out(middle.size() / kHalves);
  const float over = 1 / std::max(patch.print, 0.15f);
  for (std::size_t i = 0; i < out.size(); ++i) {
    float value = (middle[2 * i] + middle[2 * i + 1]) / 2;
    if (patch.light_cell(column, static_cast<int>(i) / kHalves) == 0) value *= over;
    out[i] = static_cast<std::uint8_t>(255 * std::clamp(value, 0.0f, 1.0f));
  }
  return out;
}

float slope_of(int s) {
  return kSteepest * (2 * static_cast<float>(s) / (kSlopes - 1) - 1);
}

/// The lightest four of all lines of a strip at one slope.
struct Lightest {
  std::array<Bytes, 4> best;

  explicit Lightest(std::size_t height) {
    for (Bytes& b : best) b.assign(height, 0);
  }
  void reset() {
    for (Bytes& b : best) std::fill(b.begin(), b.end(), 0);
  }
  /// Takes in a column moved up by `shift`; what is beyond its ends is as they are.
  void add(const Bytes& column, int shift) {
    const int height = static_cast<int>(column.size());
    const int from = std::clamp(-shift, 0, height), to = std::clamp(height - shift, 0, height);
    for (int y = 0; y < from; ++y) insert(y, column.front());
    insert_run(column.data() + from + shift, from, to);
    for (int y = std::max(to, from); y < height; ++y) insert(y, column.back());
  }
  /// How far below light paper these are, squared and summed.
  float darkness() const {
    constexpr int kPaper = 204;
    std::uint64_t sum = 0;
    for (std::size_t y = 0; y < best[0].size(); ++y) {
      const int mean = (best[0][y] + best[1][y] + best[2][y] + best[3][y]) / 4;
      const int less = std::max(0, kPaper - mean);
      sum += static_cast<std::uint64_t>(less * less);
    }
    return static_cast<float>(sum) / (255.0f * 255.0f);
  }

 private:
  void insert(int y, std::uint8_t value) { insert_run(&value, y, y + 1); }
  void insert_run(const std::uint8_t* values, int from, int to) {
    std::uint8_t *a = best[0].data(), *b = best[1].data(), *c = best[2].data(), *d = best[3].data();
    for (int y = from; y < to; ++y) {
      std::uint8_t v = values[y - from];
      const std::uint8_t v1 = std::min(a[y], v);
      a[y] = std::max(a[y], v);
      const std::uint8_t v2 = std::min(b[y], v1);
      b[y] = std::max(b[y], v1);
      const std::uint8_t v3 = std::min(c[y], v2);
      c[y] = std::max(c[y], v2);
      d[y] = std::max(d[y], v3);
    }
  }
};

using Scores = std::array<float, kSlopes>;

std::vector<Scores> strip_scores(const Patch& patch) {
  std::vector<Bytes> columns;
  for (int c = 0; c < patch.columns; ++c) columns.push_back(coarse_column(patch, c));
  Lightest lightest(columns.front().size());
  std::vector<Scores> out;
  for (int c = 0; c < patch.columns; c += kStride) {
    Scores scores{};
    for (int s = 0; s < kSlopes; ++s) {
      lightest.reset();
      for (int x = std::max(0, c - kStrip); x <= std::min(patch.columns - 1, c + kStrip); ++x) {
        const float shift = slope_of(s) * static_cast<float>((x - c) * kHalves);
        lightest.add(columns[static_cast<std::size_t>(x)],
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

Course course_of(const Patch& patch) {
  const std::vector<Scores> strips = strip_scores(patch);
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
  for (int c = 0; c < patch.columns; ++c) {
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
