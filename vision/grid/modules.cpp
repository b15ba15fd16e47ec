#include "vision/grid/modules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "vision/grid/grid.h"
#include "vision/grid/samples.h"

namespace backstamp::vision {

namespace {

/// Adds brightness at one place of every module of a row, off its middle by `aside`. Places
/// between every sixteenth module are interpolated.
void add_row(const GridMap& map, ImageView face, float row, float aside, std::span<float> buffer,
             std::span<float> sums) {
  constexpr std::size_t kRun = 16;
  Point at = map.face_from_module(0.5f + aside, row);
  for (std::size_t c = 0; c < sums.size(); c += kRun) {
    const Point next = map.face_from_module(static_cast<float>(c + kRun) + 0.5f + aside, row);
    const std::size_t count = std::min(kRun, sums.size() - c);
    sample_run(face, at, (next - at) * (1.0f / kRun), buffer.first(count));
    for (std::size_t i = 0; i < count; ++i) sums[c + i] += buffer[i];
    at = next;
  }
}

/// The mean of five places near the middle of every module.
std::vector<float> middles_of(const GridMap& map, ImageView face, int columns, int rows) {
  constexpr float kAside = 0.2f;
  constexpr Point kPlaces[] = {{0, 0}, {kAside, 0}, {-kAside, 0}, {0, kAside}, {0, -kAside}};
  const auto width = static_cast<std::size_t>(columns);
  std::vector<float> values(width * static_cast<std::size_t>(rows)), buffer(width);
  for (int r = 0; r < rows; ++r) {
    const std::span<float> sums =
        std::span(values).subspan(static_cast<std::size_t>(r) * width, width);
    for (const Point p : kPlaces)
      add_row(map, face, static_cast<float>(r) + 0.5f + p.y, p.x, buffer, sums);
  }
  for (float& value : values) value /= static_cast<float>(std::size(kPlaces));
  return values;
}

}  // namespace

void measure_print(const FixedPattern& pattern, Modules& modules) {
  std::vector<float> lights, darks;
  for (const FixedPattern::Cell& cell : pattern.cells) {
    if (cell.column < 0 || cell.row < 0 || cell.column >= pattern.columns ||
        cell.row >= pattern.rows)
      continue;
    (cell.dark ? darks : lights)
        .push_back(
            modules.values[static_cast<std::size_t>(cell.row * pattern.columns + cell.column)]);
  }
  if (lights.empty() || darks.empty()) return;
  const auto median = [](std::vector<float>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  modules.print_dark = median(darks);
  modules.contrast = std::max(0.0f, median(lights) - modules.print_dark);
}

Modules sample_modules(ImageView face, const FixedPattern& pattern, const Quad& corners) {
  const GridMap map(corners, pattern.columns, pattern.rows);
  Modules modules{.columns = pattern.columns, .rows = pattern.rows, .values = {}};
  modules.values = middles_of(map, face, pattern.columns, pattern.rows);
  measure_print(pattern, modules);
  return modules;
}

namespace {

std::vector<float> sharpened(const Modules& m, float amount) {
  std::vector<float> out = m.values;
  const auto at = [&](int c, int r) {
    return m.values[static_cast<std::size_t>(std::clamp(r, 0, m.rows - 1) * m.columns +
                                             std::clamp(c, 0, m.columns - 1))];
  };
  for (int r = 0; r < m.rows; ++r) {
    for (int c = 0; c < m.columns; ++c) {
      const float here = at(c, r);
      const float around = at(c - 1, r) + at(c + 1, r) + at(c, r - 1) + at(c, r + 1);
      out[static_cast<std::size_t>(r * m.columns + c)] = here + amount * (4 * here - around);
    }
  }
  return out;
}

/// The middle between the two classes of the values around a module: means above and below, a few
/// times over.
struct Split {
  float middle;
  float half_contrast;
};

constexpr int kReach = 6;

/// The values of a window and how much they weigh, by columns that are looked at side by side.
struct Window {
  static constexpr std::size_t kWidth = 16;
  std::array<std::array<float, kWidth>, 2 * kReach + 1> values{}, weights{};
  std::size_t rows = 0;
};

Split split_of(const Window& window, float low, float high) {
  Split split{(low + high) / 2, (high - low) / 2};
  for (int round = 0; round < 3; ++round) {
    std::array<float, Window::kWidth> sums{}, counts{}, over_sums{}, over_counts{};
    for (std::size_t r = 0; r < window.rows; ++r) {
      for (std::size_t c = 0; c < Window::kWidth; ++c) {
        const float weight = window.weights[r][c], value = weight * window.values[r][c];
        const bool over = window.values[r][c] > split.middle;
        sums[c] += value;
        counts[c] += weight;
        over_sums[c] += over ? value : 0.0f;
        over_counts[c] += over ? weight : 0.0f;
      }
    }
    const auto total = [](const auto& of) { return std::accumulate(of.begin(), of.end(), 0.0f); };
    const float above = total(over_counts), below = total(counts) - above;
    if (above <= 1e-3f || below <= 1e-3f) break;
    const float light = total(over_sums) / above;
    const float dark = (total(sums) - total(over_sums)) / below;
    split = {(light + dark) / 2, (light - dark) / 2};
  }
  return split;
}

Split split_around(const std::vector<float>& values, const std::vector<float>& trust, int columns,
                   int rows, int column, int row) {
  const int left = std::max(0, column - kReach), right = std::min(columns - 1, column + kReach);
  const int top = std::max(0, row - kReach), bottom = std::min(rows - 1, row + kReach);
  Window window;
  float low = 1e9f, high = -1e9f;
  for (int r = top; r <= bottom; ++r, ++window.rows) {
    for (int c = left; c <= right; ++c) {
      const auto from = static_cast<std::size_t>(r * columns + c);
      const auto to = static_cast<std::size_t>(c - left);
      window.values[window.rows][to] = values[from];
      window.weights[window.rows][to] = trust.empty() ? 1 : trust[from];
      low = std::min(low, values[from]);
      high = std::max(high, values[from]);
    }
  }
  return split_of(window, low, high);
}

/// Splits on a coarse net of modules, the nearest one used.
std::vector<Split> splits(const std::vector<float>& values, const std::vector<float>& trust,
                          int columns, int rows) {
  constexpr int kStep = 4;
  std::vector<Split> out(values.size());
  for (int r = 0; r < rows; r += kStep) {
    for (int c = 0; c < columns; c += kStep) {
      const Split split =
          split_around(values, trust, columns, rows, std::min(c + kStep / 2, columns - 1),
                       std::min(r + kStep / 2, rows - 1));
      for (int y = r; y < std::min(r + kStep, rows); ++y)
        for (int x = c; x < std::min(c + kStep, columns); ++x)
          out[static_cast<std::size_t>(y * columns + x)] = split;
    }
  }
  return out;
}

}  // namespace

std::vector<float> soft_modules(const Modules& modules, const FixedPattern& pattern,
                                float sharpen) {
  constexpr float kCertain = 4;
  constexpr float kDarker = 0.35f;  // of the contrast: what print varies by itself
  // A stroke must not be taken for the dark class, and all print for the light one.
  const float darkest = modules.print_dark - kDarker * modules.contrast;
  Modules print = modules;
  for (float& value : print.values) value = std::max(value, darkest);
  std::vector<float> soft = sharpened(print, sharpen);
  const std::vector<Split> local = splits(soft, modules.trust, modules.columns, modules.rows);
  for (std::size_t i = 0; i < soft.size(); ++i) {
    soft[i] = (local[i].middle - soft[i]) / std::max(local[i].half_contrast, 1.0f);
    const float over = (darkest - modules.values[i]) / std::max(modules.contrast, 1.0f);
    if (over > 0) soft[i] = std::min(soft[i], 0.3f / (1 + 8 * over));
    if (!modules.trust.empty()) soft[i] *= modules.trust[i];
  }
  for (const FixedPattern::Cell& cell : pattern.cells) {
    if (cell.column < 0 || cell.row < 0 || cell.column >= pattern.columns ||
        cell.row >= pattern.rows)
      continue;
    soft[static_cast<std::size_t>(cell.row * pattern.columns + cell.column)] =
        cell.dark ? kCertain : -kCertain;
  }
  return soft;
}

float alternation(std::span<const float> soft, int columns, int rows) {
  int pairs = 0, different = 0;
  const auto dark = [&](int c, int r) {
    return soft[static_cast<std::size_t>(r * columns + c)] > 0;
  };
  for (int r = 1; r < rows; ++r) {
    for (int c = 1; c < columns; ++c) {
      pairs += 2;
      different += (dark(c, r) != dark(c - 1, r)) + (dark(c, r) != dark(c, r - 1));
    }
  }
  return pairs > 0 ? static_cast<float>(different) / static_cast<float>(pairs) : 0;
}

Frame draw_modules(std::span<const std::uint8_t> dark, int columns, int rows) {
  constexpr int kModule = 2, kQuiet = 2;
  Frame drawn((columns + 2 * kQuiet) * kModule, (rows + 2 * kQuiet) * kModule);
  for (int y = 0; y < drawn.height_px(); ++y) {
    const int r = y / kModule - kQuiet;
    for (int x = 0; x < drawn.width_px(); ++x) {
      const int c = x / kModule - kQuiet;
      const bool inside = c >= 0 && r >= 0 && c < columns && r < rows;
      const bool black = inside && dark[static_cast<std::size_t>(r * columns + c)] != 0;
      drawn.row(y)[x] = black ? 0 : 255;
    }
  }
  return drawn;
}

}  // namespace backstamp::vision
