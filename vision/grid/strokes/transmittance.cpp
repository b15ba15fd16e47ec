#include "vision/grid/strokes/transmittance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "vision/grid/strokes/chain.h"

namespace backstamp::vision {
namespace {

constexpr std::size_t kLanes = kChainLanes;

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

  void look(int column, int line, ChainSight& sight) const {
    const std::vector<float>& middle = middles[static_cast<std::size_t>(column)];
    const int height = static_cast<int>(middle.size());
    const float down = course.down[static_cast<std::size_t>(column)];
    for (std::size_t i = 0; i < kLanes; ++i) {
      const float y = std::clamp(static_cast<float>(line) + static_cast<float>(i) + down, 0.0f,
                                 static_cast<float>(height - 1));
      const int at = std::min(static_cast<int>(y), height - 2);
      const float part = y - static_cast<float>(at);
      sight.seen[i] = middle[static_cast<std::size_t>(at)] * (1 - part) +
                      middle[static_cast<std::size_t>(at) + 1] * part;
      sight.light[i] = patch.light_cell(column, static_cast<int>(y) / kFine);
    }
  }
};

/// One block of lines, all columns.
void follow(const Sight& sight, int line, std::size_t to, Lines& lines) {
  const auto columns = static_cast<std::size_t>(sight.patch.columns);
  std::vector<ChainSight> sights(columns);
  std::vector<ChainLevel> levels(columns);
  for (std::size_t c = 0; c < columns; ++c) sight.look(static_cast<int>(c), line, sights[c]);
  follow_levels(sights, sight.patch.print, levels);
  const auto first = static_cast<std::ptrdiff_t>(to);
  for (std::size_t c = 0; c < columns; ++c) {
    std::copy(levels[c].mean.begin(), levels[c].mean.end(), lines.mean[c].begin() + first);
    std::copy(levels[c].variance.begin(), levels[c].variance.end(),
              lines.variance[c].begin() + first);
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
