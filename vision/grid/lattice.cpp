#include "vision/grid/lattice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>

#include "vision/grid/samples.h"

namespace backstamp::vision {
namespace {

using Wave = std::complex<float>;

constexpr float kTurn = 6.2831853f;
constexpr float kBeyond = 4;  // modules around the box that are looked at, too
constexpr int kMostCells = 200;

constexpr std::size_t kParts = 4;  // of a line, by which its pitch is corrected

/// The combs of lines a module apart, by parts of each.
struct Combs {
  std::vector<std::array<Wave, kParts>> lines;
  float length = 0;    ///< of a line, px
  float pitch_px = 0;  ///< along it
  float apart_px = 0;  ///< from a line to the next

  std::size_t size() const { return lines.size(); }
  Wave at(int i) const {
    const auto& parts = lines[static_cast<std::size_t>(i)];
    return std::accumulate(parts.begin(), parts.end(), Wave{});
  }
};

/// A sum of many terms, eight at a time.
template <class Term>
float sum_of(std::size_t count, Term term) {
  constexpr std::size_t kLanes = 8;
  std::array<float, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l) sums[l] += term(i + l);
  float sum = std::accumulate(sums.begin(), sums.end(), 0.0f);
  for (; i < count; ++i) sum += term(i);
  return sum;
}

/// The combs of lines along the box's rows, or along its columns.
Combs combs_of(ImageView face, const OrientedBox& box, float pitch_px, float apart_px, bool rows) {
  constexpr float kClip = 2.5f;  // of a line's mean step: a stroke must not outweigh the modules
  Combs combs{.lines = {},
              .length = std::floor(rows ? box.width : box.height),
              .pitch_px = pitch_px,
              .apart_px = apart_px};
  const float depth = rows ? box.height : box.width;
  std::vector<float> line(static_cast<std::size_t>(combs.length) + 1);
  std::vector<float> real(line.size() - 1), imaginary(line.size() - 1);
  for (std::size_t i = 0; i < real.size(); ++i) {
    const float angle = kTurn * (static_cast<float>(i) + 0.5f) / pitch_px;
    real[i] = std::cos(angle);
    imaginary[i] = -std::sin(angle);
  }
  for (float cross = apart_px / 2; cross < depth; cross += apart_px) {
    const Point from = box.face_from_box(rows ? Point{0, cross} : Point{cross, 0});
    sample_run(face, from, rows ? box.along : box.across(), line);
    for (std::size_t i = 0; i < real.size(); ++i) line[i] = std::abs(line[i + 1] - line[i]);
    const float most = kClip * sum_of(real.size(), [&](std::size_t i) { return line[i]; }) /
                       static_cast<float>(real.size());
    for (std::size_t i = 0; i < real.size(); ++i) line[i] = std::min(line[i], most);
    std::array<Wave, kParts>& parts = combs.lines.emplace_back();
    for (std::size_t part = 0; part < kParts; ++part) {
      const std::size_t begin = real.size() * part / kParts;
      const std::size_t count = real.size() * (part + 1) / kParts - begin;
      parts[part] = {
          sum_of(count, [&](std::size_t i) { return real[begin + i] * line[begin + i]; }),
          sum_of(count, [&](std::size_t i) { return imaginary[begin + i] * line[begin + i]; })};
    }
  }
  return combs;
}

/// The lines (from, to) that have the comb in one step, with gaps of a few.
std::pair<int, int> in_step(const Combs& combs) {
  constexpr int kAgree = 10;  // lines each way that say what the step is there
  constexpr int kGap = 5;
  constexpr float kHas = 0.25f;
  const int count = static_cast<int>(combs.size());
  const auto sum = [&](int at, int reach) {
    Wave out = 0;
    for (int i = std::max(0, at - reach); i <= std::min(count - 1, at + reach); ++i)
      out += combs.at(i);
    return out;
  };
  std::vector<float> strengths;
  for (int i = 0; i < count; ++i) {
    const Wave step = sum(i, kAgree);
    strengths.push_back((sum(i, 1) * std::conj(step)).real() / std::max(std::abs(step), 1e-6f));
  }
  std::vector<float> sorted = strengths;
  const auto upper = sorted.begin() + count * 3 / 4;
  std::nth_element(sorted.begin(), upper, sorted.end());
  std::pair<int, int> best{0, 0};
  int from = 0, last = -kGap - 2;
  for (int i = 0; i < count; ++i) {
    if (strengths[static_cast<std::size_t>(i)] < kHas * *upper) continue;
    if (i - last > kGap + 1) from = i;
    last = i;
    if (i + 1 - from > best.second - best.first) best = {from, i + 1};
  }
  return best;
}

/// Modules counted along lines, c + along · x + across · y for a point (x, y) px along and across
/// them: edges of modules lie at whole numbers.
struct Count {
  float c = 0, along = 0, across = 0;
};

/// How the comb shifts from one line to the next: the angle is the shear, the size how much the
/// lines agree on it.
Wave shift_of(const Combs& combs, std::pair<int, int> lines) {
  Wave next = 0;
  float all = 0;
  for (int i = lines.first; i + 1 < lines.second; ++i) {
    for (std::size_t part = 0; part < kParts; ++part) {
      const Wave one = combs.lines[static_cast<std::size_t>(i + 1)][part] *
                       std::conj(combs.lines[static_cast<std::size_t>(i)][part]);
      next += one;
      all += std::abs(one);
    }
  }
  return next / std::max(all, 1e-6f);
}

/// The shears of both ways. A turned box shears them by the same, one each way; strokes shear but
/// one, and more than perspective can.
std::pair<float, float> shears(Wave across, Wave down) {
  constexpr float kPerspective = 0.012f * kTurn;
  const float first = std::arg(across), second = std::arg(down);
  if (std::abs(first + second) < kPerspective) return {first, second};
  return std::abs(across) > std::abs(down) ? std::pair{first, -first} : std::pair{-second, second};
}

Count count_of(const Combs& combs, std::pair<int, int> lines, float shear) {
  std::array<Wave, kParts> sums{};
  const float middle = static_cast<float>(lines.first + lines.second - 1) / 2;
  for (int i = lines.first; i < lines.second; ++i) {
    const Wave back = std::polar(1.0f, -shear * (static_cast<float>(i) - middle));
    for (std::size_t part = 0; part < kParts; ++part)
      sums[part] += combs.lines[static_cast<std::size_t>(i)][part] * back;
  }
  // And from part to part, where the pitch is not quite this one.
  Wave on = 0;
  for (std::size_t part = 0; part + 1 < kParts; ++part)
    on += sums[part + 1] * std::conj(sums[part]);
  const float drift = std::arg(on);
  Wave all = 0;
  for (std::size_t part = 0; part < kParts; ++part)
    all += sums[part] * std::polar(1.0f, -drift * (static_cast<float>(part) - (kParts - 1) / 2.0f));
  Count count;
  count.along = 1 / combs.pitch_px + drift / kTurn / (combs.length / kParts);
  count.across = shear / kTurn / combs.apart_px;
  // Edges at x0 + n · pitch make a wave of phase −turn · x0 / pitch.
  count.c = std::arg(all) / kTurn + 0.5f * combs.length / combs.pitch_px -
            count.along * 0.5f * combs.length - count.across * (middle + 0.5f) * combs.apart_px;
  return count;
}

}  // namespace

std::optional<Lattice> lattice_of(ImageView face, const OrientedBox& box, const Pitch& pitch) {
  const float module_px = pitch.module_px;
  OrientedBox wide = box;
  wide.width += 2 * kBeyond * module_px;
  wide.height += 2 * kBeyond * module_px;
  constexpr float kLargest_px = 4000;
  if (!(std::min(pitch.along_px, pitch.down_px) > 1) ||
      !(std::max(wide.width, wide.height) < kLargest_px) ||
      std::max(wide.width, wide.height) > kMostCells * module_px)
    return std::nullopt;
  const Combs across = combs_of(face, wide, pitch.along_px, pitch.down_px, true);
  const Combs down = combs_of(face, wide, pitch.down_px, pitch.along_px, false);
  const auto rows = in_step(across), columns = in_step(down);
  if (rows.second - rows.first < 4 || columns.second - columns.first < 4) return std::nullopt;
  const auto [lean, slope] = shears(shift_of(across, rows), shift_of(down, columns));
  const Count u = count_of(across, rows, lean), v = count_of(down, columns, slope);
  // u = u.c + u.along · x + u.across · y, v = v.c + v.across · x + v.along · y.
  const float det = u.along * v.along - u.across * v.across;
  if (!(det > 0.25f / (module_px * module_px))) return std::nullopt;
  const auto place = [&](float s, float t) {
    const float a = s - u.c, b = t - v.c;
    return wide.face_from_box(
        {(a * v.along - b * u.across) / det, (b * u.along - a * v.across) / det});
  };
  const auto cells_at = [&](float x, float y) {
    return Point{u.c + u.along * x + u.across * y, v.c + v.across * x + v.along * y};
  };
  const Point least = cells_at(0, 0), most = cells_at(wide.width, wide.height);
  const float first_column = std::floor(least.x), first_row = std::floor(least.y);
  Lattice lattice;
  lattice.origin = place(first_column, first_row);
  lattice.right = place(first_column + 1, first_row) - lattice.origin;
  lattice.down = place(first_column, first_row + 1) - lattice.origin;
  lattice.columns = static_cast<int>(std::ceil(most.x) - first_column);
  lattice.rows = static_cast<int>(std::ceil(most.y) - first_row);
  if (lattice.columns < 1 || lattice.rows < 1 || lattice.columns > 2 * kMostCells ||
      lattice.rows > 2 * kMostCells)
    return std::nullopt;
  const float x0 = static_cast<float>(columns.first) * pitch.along_px;
  const float x1 = static_cast<float>(columns.second) * pitch.along_px;
  const float y0 = static_cast<float>(rows.first) * pitch.down_px;
  const float y1 = static_cast<float>(rows.second) * pitch.down_px;
  const Point begin = cells_at(x0, y0), end = cells_at(x1, y1);
  lattice.left = static_cast<int>(std::lround(begin.x - first_column));
  lattice.top = static_cast<int>(std::lround(begin.y - first_row));
  lattice.right_end = static_cast<int>(std::lround(end.x - first_column));
  lattice.bottom_end = static_cast<int>(std::lround(end.y - first_row));
  lattice.brightness.resize(static_cast<std::size_t>(lattice.columns * lattice.rows));
  for (int j = 0; j < lattice.rows; ++j) {
    const Point from =
        lattice.origin + lattice.right * 0.5f + lattice.down * (static_cast<float>(j) + 0.5f);
    sample_run(face, from, lattice.right,
               std::span(lattice.brightness)
                   .subspan(static_cast<std::size_t>(j * lattice.columns),
                            static_cast<std::size_t>(lattice.columns)));
  }
  return lattice;
}

namespace {

constexpr int kOff = 3;  // cells that the ends of the combs may be off

/// A pattern in one of four directions as steps within a lattice's brightness, dark cells first.
struct Steps {
  std::vector<int> cells;
  std::size_t darks = 0;
  int columns = 0, rows = 0;  ///< that it covers
};

/// Every `nth` cell of it.
Steps steps_of(const FixedPattern& pattern, int quarter, int stride, std::size_t nth) {
  Steps steps;
  const bool lying = quarter % 2 != 0;
  steps.columns = lying ? pattern.rows : pattern.columns;
  steps.rows = lying ? pattern.columns : pattern.rows;
  const auto add = [&](bool dark) {
    for (std::size_t i = 0; i < pattern.cells.size(); i += nth) {
      const FixedPattern::Cell& cell = pattern.cells[i];
      if (cell.dark != dark) continue;
      const int c = cell.column, r = cell.row;
      // Turned clockwise by quarters: what was at the left is at the top, and so on.
      const int x = quarter == 0   ? c
                    : quarter == 1 ? steps.columns - 1 - r
                    : quarter == 2 ? steps.columns - 1 - c
                                   : r;
      const int y = quarter == 0   ? r
                    : quarter == 1 ? c
                    : quarter == 2 ? steps.rows - 1 - r
                                   : steps.rows - 1 - c;
      steps.cells.push_back(y * stride + x);
    }
  };
  add(true);
  steps.darks = steps.cells.size();
  add(false);
  return steps;
}

float agreement_at(const float* corner, const Steps& steps) {
  float dark = 0, light = 0, squares = 0;
  for (std::size_t i = 0; i < steps.darks; ++i) {
    const float value = corner[steps.cells[i]];
    dark += value;
    squares += value * value;
  }
  for (std::size_t i = steps.darks; i < steps.cells.size(); ++i) {
    const float value = corner[steps.cells[i]];
    light += value;
    squares += value * value;
  }
  const auto n = static_cast<float>(steps.cells.size());
  const float sum = dark + light;
  const float signs = n - 2 * static_cast<float>(steps.darks);
  const float variance = squares - sum * sum / n, sign_variance = n - signs * signs / n;
  if (!(variance >= n) || sign_variance <= 0) return 0;
  return (light - dark - sum * signs / n) / std::sqrt(variance * sign_variance);
}

/// The best place of a pattern in one direction; its corners from its own first one on.
Placement best_place(const Lattice& lattice, const FixedPattern& pattern, int quarter) {
  constexpr float kWorthMore = 0.15f;
  const Steps steps = steps_of(pattern, quarter, lattice.columns, 3);
  Placement best{.pattern = &pattern};
  int left = 0, top = 0;
  const auto look = [&](const Steps& at, int x, int y) {
    const float value = agreement_at(lattice.brightness.data() + y * lattice.columns + x, at);
    if (value > best.agreement) best.agreement = value, left = x, top = y;
  };
  for (int y = lattice.top - kOff; y <= lattice.top + kOff; ++y) {
    if (std::abs(y + steps.rows - lattice.bottom_end) > kOff) continue;
    if (y < 1 || y + steps.rows + 1 > lattice.rows) continue;
    for (int x = lattice.left - kOff; x <= lattice.left + kOff; ++x) {
      if (std::abs(x + steps.columns - lattice.right_end) > kOff) continue;
      if (x < 1 || x + steps.columns + 1 > lattice.columns) continue;
      look(steps, x, y);
    }
  }
  if (best.agreement < kWorthMore) return {};
  best.agreement = 0;
  look(steps_of(pattern, quarter, lattice.columns, 1), left, top);
  const auto corner = [&](int x, int y) {
    return lattice.origin + lattice.right * static_cast<float>(x) +
           lattice.down * static_cast<float>(y);
  };
  const Quad upright{corner(left, top), corner(left + steps.columns, top),
                     corner(left + steps.columns, top + steps.rows),
                     corner(left, top + steps.rows)};
  for (std::size_t i = 0; i < 4; ++i)
    best.corners[i] = upright[(i + static_cast<std::size_t>(quarter)) % 4];
  return best;
}

}  // namespace

std::vector<Placement> placements(const Lattice& lattice, postal::Symbology symbology) {
  const int across = lattice.right_end - lattice.left, down = lattice.bottom_end - lattice.top;
  std::vector<Placement> out;
  for (const auto& [columns, rows] : sizes_of(symbology)) {
    // What is an Aztec's direction shows when its grid is fitted.
    const int quarters = symbology == postal::Symbology::aztec ? 1 : 4;
    for (int quarter = 0; quarter < quarters; ++quarter) {
      const bool lying = quarter % 2 != 0;
      if (std::abs((lying ? rows : columns) - across) > 2 * kOff ||
          std::abs((lying ? columns : rows) - down) > 2 * kOff)
        continue;
      Placement place = best_place(lattice, fixed_pattern(symbology, columns, rows), quarter);
      if (place.agreement > 0) out.push_back(place);
    }
  }
  return out;
}

}  // namespace backstamp::vision
