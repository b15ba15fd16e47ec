#include "vision/grid/strokes/patch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "vision/grid/grid.h"
#include "vision/grid/samples.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {
namespace {

constexpr int kReach = 6;  // modules each way that tell what paper is
constexpr int kStep = 4;   // modules from one such place to the next

/// Grey levels of all samples. Places between every twelfth module are interpolated.
std::vector<float> greys(ImageView face, const GridMap& map, const Patch& patch) {
  std::vector<float> out(static_cast<std::size_t>(patch.columns * kFine) * patch.height());
  constexpr int kRun = 12 * kFine;
  const int height = patch.rows * kFine;
  std::span<float> to(out);
  for (int x = 0; x < patch.columns * kFine; ++x) {
    const float column = (static_cast<float>(x) + 0.5f) / kFine - kAround;
    Point at = map.face_from_module(column, 0.5f / kFine - kAround);
    for (int y = 0; y < height; y += kRun) {
      const float row = (static_cast<float>(y + kRun) + 0.5f) / kFine - kAround;
      const Point next = map.face_from_module(column, row);
      const auto count = static_cast<std::size_t>(std::min(kRun, height - y));
      sample_run(face, at, (next - at) * (1.0f / kRun), to.first(count));
      to = to.subspan(count);
      at = next;
    }
  }
  return out;
}

/// Of the middle four samples of every module.
std::vector<float> module_means(const std::vector<float>& greys, const Patch& patch) {
  std::vector<float> means;
  means.reserve(static_cast<std::size_t>(patch.columns * patch.rows));
  for (int c = 0; c < patch.columns; ++c) {
    const float* left = greys.data() + static_cast<std::size_t>(c * kFine + 1) * patch.height();
    const float* right = left + patch.height();
    for (int y = 1; y < patch.rows * kFine; y += kFine)
      means.push_back((left[y] + left[y + 1] + right[y] + right[y + 1]) / 4);
  }
  return means;
}

/// What paper is around every fourth module: of the modules there all but the lightest seventh are
/// darker.
struct PaperNet {
  int columns = 0, rows = 0;
  std::vector<float> values;

  float at(float column, float row) const {
    const float x = std::clamp(column / kStep - 0.5f, 0.0f, static_cast<float>(columns - 1));
    const float y = std::clamp(row / kStep - 0.5f, 0.0f, static_cast<float>(rows - 1));
    const int x0 = std::min(static_cast<int>(x), std::max(0, columns - 2));
    const int y0 = std::min(static_cast<int>(y), std::max(0, rows - 2));
    const int x1 = std::min(x0 + 1, columns - 1), y1 = std::min(y0 + 1, rows - 1);
    const auto value = [&](int i, int j) { return values[static_cast<std::size_t>(i * rows + j)]; };
    const float fx = x - static_cast<float>(x0), fy = y - static_cast<float>(y0);
    return (value(x0, y0) * (1 - fy) + value(x0, y1) * fy) * (1 - fx) +
           (value(x1, y0) * (1 - fy) + value(x1, y1) * fy) * fx;
  }
};

PaperNet paper_net(const std::vector<float>& means, const Patch& patch) {
  constexpr std::size_t kShareDarker = 6, kOf = 7;
  PaperNet net{(patch.columns + kStep - 1) / kStep, (patch.rows + kStep - 1) / kStep, {}};
  std::array<float, (2 * kReach + 1) * (2 * kReach + 1)> around{};
  for (int i = 0; i < net.columns; ++i) {
    for (int j = 0; j < net.rows; ++j) {
      const int c = i * kStep + kStep / 2, r = j * kStep + kStep / 2;
      std::size_t n = 0;
      for (int x = std::max(0, c - kReach); x <= std::min(patch.columns - 1, c + kReach); ++x)
        for (int y = std::max(0, r - kReach); y <= std::min(patch.rows - 1, r + kReach); ++y)
          around[n++] = means[static_cast<std::size_t>(x * patch.rows + y)];
      const std::size_t at = n * kShareDarker / kOf;
      std::nth_element(around.begin(), around.begin() + static_cast<std::ptrdiff_t>(at),
                       around.begin() + static_cast<std::ptrdiff_t>(n));
      net.values.push_back(around[at]);
    }
  }
  return net;
}

/// The grey level that three samples in a thousand do not reach, and a little less.
float all_ink(const std::vector<float>& greys) {
  constexpr float kLess = 0.85f;
  constexpr std::size_t kOf = 333;
  std::array<std::size_t, 256> counts{};
  for (const float grey : greys) ++counts[static_cast<std::size_t>(std::clamp(grey, 0.0f, 255.0f))];
  std::size_t below = 0, level = 0;
  while (level < 255 && (below += counts[level]) * kOf < greys.size()) ++level;
  return kLess * static_cast<float>(level);
}

void mark_cells(const FixedPattern& pattern, Patch& patch) {
  patch.lights.assign(static_cast<std::size_t>(patch.columns * patch.rows), 1.0f);
  const auto cell = [&](int column, int row) -> float& {
    return patch.lights[static_cast<std::size_t>((column + kAround) * patch.rows + row + kAround)];
  };
  for (int c = 0; c < pattern.columns; ++c)
    for (int r = 0; r < pattern.rows; ++r) cell(c, r) = 0.5f;
  for (const FixedPattern::Cell& known : pattern.cells)
    cell(known.column, known.row) = known.dark ? 0 : 1;
}

}  // namespace

Patch straighten(ImageView face, const FixedPattern& pattern, const Quad& corners) {
  Patch patch{.columns = pattern.columns + 2 * kAround, .rows = pattern.rows + 2 * kAround};
  const GridMap map(corners, pattern.columns, pattern.rows);
  mark_cells(pattern, patch);
  patch.paper = greys(face, map, patch);
  const std::vector<float> means = module_means(patch.paper, patch);
  const PaperNet net = paper_net(means, patch);
  patch.black = all_ink(patch.paper);
  float whites = 0;
  for (const float value : net.values) whites += value / static_cast<float>(net.values.size());
  patch.white = whites;
  std::vector<float> darks;
  for (int c = 0; c < patch.columns; ++c) {
    for (int r = 0; r < patch.rows; ++r) {
      const float white = std::max(
          net.at(static_cast<float>(c) + 0.5f, static_cast<float>(r) + 0.5f) - patch.black, 1.0f);
      const float over = 1 / white;
      for (int x = c * kFine; x < (c + 1) * kFine; ++x) {
        float* at = patch.paper.data() + static_cast<std::size_t>(x) * patch.height() +
                    static_cast<std::size_t>(r * kFine);
        for (int i = 0; i < kFine; ++i)
          at[i] = std::clamp((at[i] - patch.black) * over, 0.0f, 1.3f);
      }
      if (patch.light_cell(c, r) == 0)
        darks.push_back((means[static_cast<std::size_t>(c * patch.rows + r)] - patch.black) * over);
    }
  }
  if (!darks.empty()) {
    const auto middle = darks.begin() + static_cast<std::ptrdiff_t>(darks.size() / 2);
    std::nth_element(darks.begin(), middle, darks.end());
    patch.print = std::clamp(*middle, 0.0f, 1.0f);
  }
  return patch;
}

Patch transposed(const Patch& patch) {
  Patch out = patch;
  std::swap(out.columns, out.rows);
  const std::size_t height = patch.height(), width = out.height();
  for (std::size_t x = 0; x < width; ++x)
    for (std::size_t y = 0; y < height; ++y) out.paper[y * width + x] = patch.paper[x * height + y];
  const auto rows = static_cast<std::size_t>(patch.rows);
  const auto columns = static_cast<std::size_t>(patch.columns);
  for (std::size_t c = 0; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r) out.lights[r * columns + c] = patch.lights[c * rows + r];
  return out;
}

}  // namespace backstamp::vision
