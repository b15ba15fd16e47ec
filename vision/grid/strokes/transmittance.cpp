#include "vision/grid/strokes/transmittance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace backstamp::vision {
namespace {

constexpr int kLevels = 8;  // from 1 down to 0.21
constexpr float kLevelRatio = 0.8f;
constexpr float kNoise = 0.10f;     // of paper's brightness, what blur and grain make of a level
constexpr float kUnderInk = 0.13f;  // and of the transmittance
constexpr float kStays = 0.3679f;   // how likelier a step of one level is than one of two
constexpr float kCovered = 0.887f;  // how likely a stroke is against none, a module
constexpr float kOdd = 1e-3f;       // what is neither level: voids, dirt
constexpr std::size_t kLanes = 32;  // lines looked at together

using Lane = std::array<float, kLanes>;
using Levels = std::array<Lane, kLevels>;

/// The transmittance of each level.
const std::array<float, kLevels>& levels() {
  static const std::array<float, kLevels> all = [] {
    std::array<float, kLevels> out{};
    float value = 1;
    for (float& level : out) level = value, value *= kLevelRatio;
    return out;
  }();
  return all;
}

/// exp(−q) for q from 0 up, near enough; 0 beyond 8.
inline float falling(float q) {
  float t = std::max(0.0f, 1 - 0.125f * q);
  t *= t;
  t *= t;
  return t * t;
}

/// How likely each level makes what is seen at a place whose cell is light as likely as `light`.
void weigh(const Lane& seen, const Lane& light, float print, Levels& out) {
  for (std::size_t s = 0; s < kLevels; ++s) {
    const float level = levels()[s];
    const float spread = kNoise * kNoise + kUnderInk * kUnderInk * level * level;
    const float over = 1 / (2 * spread);
    const float height = (s == 0 ? 1 : kCovered) / std::sqrt(spread) * kNoise;
    for (std::size_t y = 0; y < kLanes; ++y) {
      const float from_light = seen[y] - level, from_dark = seen[y] - print * level;
      const float as_light = falling(from_light * from_light * over);
      const float as_dark = falling(from_dark * from_dark * over);
      out[s][y] = height * (as_dark + light[y] * (as_light - as_dark)) + kOdd;
    }
  }
}

/// One module on: levels change by a few, the farther the less likely.
void step(Levels& levels) {
  Levels up = levels;
  for (std::size_t s = 1; s < kLevels; ++s)
    for (std::size_t y = 0; y < kLanes; ++y) up[s][y] += kStays * up[s - 1][y];
  Lane down = levels[kLevels - 1];
  for (std::size_t s = kLevels - 1; s-- > 0;) {
    for (std::size_t y = 0; y < kLanes; ++y) {
      const float above = kStays * down[y];
      down[y] = levels[s][y] + above;
      levels[s][y] = up[s][y] + above;
    }
  }
  levels[kLevels - 1] = up[kLevels - 1];
}

void multiply(Levels& a, const Levels& b) {
  Lane sum{};
  for (std::size_t s = 0; s < kLevels; ++s) {
    for (std::size_t y = 0; y < kLanes; ++y) {
      a[s][y] *= b[s][y];
      sum[y] += a[s][y];
    }
  }
  for (float& value : sum) value = 1 / std::max(value, 1e-20f);
  for (std::size_t s = 0; s < kLevels; ++s)
    for (std::size_t y = 0; y < kLanes; ++y) a[s][y] *= sum[y];
}

/// What lies along the course, line by line: element [column][line].
struct Lines {
  std::vector<std::vector<float>> mean;
  std::vector<std::vector<float>> variance;
  int first = 0;  ///< the line through the first sample of the middle column
};

/// What a block of lines shows in one column.
struct Sight {
  const std::vector<std::vector<float>>& middles;
  const Patch& patch;
  const Course& course;

  void look(int column, int line, Lane& seen, Lane& light) const {
    const std::vector<float>& middle = middles[static_cast<std::size_t>(column)];
    const int height = static_cast<int>(middle.size());
    const float down = course.down[static_cast<std::size_t>(column)];
    for (std::size_t i = 0; i < kLanes; ++i) {
      const float y = std::clamp(static_cast<float>(line) + static_cast<float>(i) + down, 0.0f,
                                 static_cast<float>(height - 1));
      const int at = std::min(static_cast<int>(y), height - 2);
      const float part = y - static_cast<float>(at);
      seen[i] = middle[static_cast<std::size_t>(at)] * (1 - part) +
                middle[static_cast<std::size_t>(at) + 1] * part;
      light[i] = patch.light_cell(column, static_cast<int>(y) / kFine);
    }
  }
};

/// One block of lines, all columns: forwards, then backwards with both joined.
void follow(const Sight& sight, int line, std::size_t to, Lines& lines) {
  const auto columns = static_cast<std::size_t>(sight.patch.columns);
  std::vector<Levels> weights(columns), forward(columns);
  Lane seen, light;
  for (std::size_t c = 0; c < columns; ++c) {
    sight.look(static_cast<int>(c), line, seen, light);
    weigh(seen, light, sight.patch.print, weights[c]);
    if (c == 0) {
      for (std::size_t s = 0; s < kLevels; ++s) forward[0][s].fill(s == 0 ? 0.8f : 0.02f);
    } else {
      forward[c] = forward[c - 1];
      step(forward[c]);
    }
    multiply(forward[c], weights[c]);
  }
  Levels back;
  for (Lane& lane : back) lane.fill(1);
  for (std::size_t c = columns; c-- > 0;) {
    Levels both = forward[c];
    multiply(both, back);
    Lane mean{}, square{};
    for (std::size_t s = 0; s < kLevels; ++s) {
      const float level = levels()[s];
      for (std::size_t y = 0; y < kLanes; ++y) {
        mean[y] += level * both[s][y];
        square[y] += level * level * both[s][y];
      }
    }
    for (std::size_t y = 0; y < kLanes; ++y) {
      lines.mean[c][to + y] = mean[y];
      lines.variance[c][to + y] = square[y] - mean[y] * mean[y];
    }
    multiply(back, weights[c]);
    step(back);
  }
}

/// One column of samples, between lines and between columns of modules.
void lay_column(const std::vector<float>& left, const std::vector<float>& right, float part,
                float line, std::span<float> out) {
  const auto from = static_cast<std::size_t>(std::max(line, 0.0f));
  const float below = std::max(line, 0.0f) - static_cast<float>(from);
  const float* a = left.data() + from;
  const float* b = right.data() + from;
  const float upper_left = (1 - below) * (1 - part), lower_left = below * (1 - part);
  const float upper_right = (1 - below) * part, lower_right = below * part;
  for (std::size_t y = 0; y < out.size(); ++y)
    out[y] =
        upper_left * a[y] + lower_left * a[y + 1] + upper_right * b[y] + lower_right * b[y + 1];
}

/// The lines back to the patch's own samples.
Transmittance laid_back(const Patch& patch, const Course& course, const Lines& lines) {
  Transmittance out;
  const auto height = patch.height();
  out.mean.resize(patch.paper.size());
  out.variance.resize(patch.paper.size());
  for (int x = 0; x < patch.columns * kFine; ++x) {
    const float at = std::clamp((static_cast<float>(x) + 0.5f) / kFine - 0.5f, 0.0f,
                                static_cast<float>(patch.columns - 1));
    const auto i = static_cast<std::size_t>(std::min(static_cast<int>(at), patch.columns - 2));
    const float part = at - static_cast<float>(i);
    const float down = course.down[i] * (1 - part) + course.down[i + 1] * part;
    const float line = -down - static_cast<float>(lines.first);
    const std::size_t to = static_cast<std::size_t>(x) * height;
    lay_column(lines.mean[i], lines.mean[i + 1], part, line,
               std::span(out.mean).subspan(to, height));
    lay_column(lines.variance[i], lines.variance[i + 1], part, line,
               std::span(out.variance).subspan(to, height));
  }
  return out;
}

}  // namespace

Transmittance transmittance_of(const Patch& patch, const Course& course) {
  const auto [least, most] = std::minmax_element(course.down.begin(), course.down.end());
  Lines lines{.mean = {}, .variance = {}, .first = static_cast<int>(std::floor(-*most))};
  const int last = static_cast<int>(std::ceil(static_cast<float>(patch.height()) - *least)) + 1;
  const auto blocks = (static_cast<std::size_t>(last - lines.first) + kLanes - 1) / kLanes;
  std::vector<std::vector<float>> middles;
  for (int c = 0; c < patch.columns; ++c) middles.push_back(middle_column(patch, c));
  lines.mean.assign(middles.size(), std::vector<float>(blocks * kLanes));
  lines.variance = lines.mean;
  const Sight sight{middles, patch, course};
  for (std::size_t b = 0; b < blocks; ++b)
    follow(sight, lines.first + static_cast<int>(b * kLanes), b * kLanes, lines);
  return laid_back(patch, course, lines);
}

}  // namespace backstamp::vision
