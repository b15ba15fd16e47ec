#include "vision/grid/pattern.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <tuple>

#include "vision/grid/data_matrix_sizes.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

class Painter {
 public:
  Painter(Symbology symbology, int columns, int rows) {
    pattern_.symbology = symbology;
    pattern_.columns = columns;
    pattern_.rows = rows;
  }
  void cell(int column, int row, bool dark) {
    pattern_.cells.push_back(
        {static_cast<std::int16_t>(column), static_cast<std::int16_t>(row), dark});
  }
  /// One light module all around.
  void quiet_zone() {
    for (int c = -1; c <= pattern_.columns; ++c) {
      cell(c, -1, false);
      cell(c, pattern_.rows, false);
    }
    for (int r = 0; r < pattern_.rows; ++r) {
      cell(-1, r, false);
      cell(pattern_.columns, r, false);
    }
  }
  FixedPattern take() {
    add_places(true);
    pattern_.darks = pattern_.u.size();
    add_places(false);
    return std::move(pattern_);
  }

 private:
  void add_places(bool dark) {
    const std::size_t begin = pattern_.u.size();
    for (const FixedPattern::Cell& cell : pattern_.cells) {
      if (cell.dark != dark) continue;
      pattern_.u.push_back(static_cast<float>(cell.column) + 0.5f);
      pattern_.v.push_back(static_cast<float>(cell.row) + 0.5f);
    }
    for (std::size_t i = begin; pattern_.u.size() % kCellBlock != 0; ++i) {
      pattern_.u.push_back(pattern_.u[i]);
      pattern_.v.push_back(pattern_.v[i]);
    }
  }

  FixedPattern pattern_;
};

FixedPattern data_matrix(int columns, int rows) {
  Painter paint(Symbology::data_matrix, columns, rows);
  const auto size =
      std::find_if(kDataMatrixSizes.begin(), kDataMatrixSizes.end(),
                   [&](const DataMatrixSize& s) { return s.columns == columns && s.rows == rows; });
  const int width = columns / size->regions_across;
  const int height = rows / size->regions_down;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const int x = c % width;
      const int y = r % height;
      // In each region: left and bottom solid, top alternating from dark, right ending dark.
      if (x == 0 || y == height - 1)
        paint.cell(c, r, true);
      else if (y == 0)
        paint.cell(c, r, x % 2 == 0);
      else if (x == width - 1)
        paint.cell(c, r, y % 2 == 1);
    }
  }
  paint.quiet_zone();
  return paint.take();
}

/// Centres of QR alignment patterns (ISO/IEC 18004 annex E), versions 2 to 40.
std::vector<int> qr_alignments(int version) {
  if (version < 2) return {};
  const int count = version / 7 + 2;
  const int last = 17 + 4 * version - 7;
  // Even steps from the far end, the odd rest after the first; version 32 is the exception.
  int step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;
  std::vector<int> centers(static_cast<std::size_t>(count));
  centers[0] = 6;
  for (int i = count - 1, at = last; i >= 1; --i, at -= step)
    centers[static_cast<std::size_t>(i)] = at;
  return centers;
}

void qr_finder(Painter& paint, int left, int top, int size) {
  for (int y = -1; y <= 7; ++y) {
    for (int x = -1; x <= 7; ++x) {
      const int c = left + x;
      const int r = top + y;
      if (c < 0 || r < 0 || c >= size || r >= size) continue;
      const int ring = std::max(std::abs(x - 3), std::abs(y - 3));
      paint.cell(c, r, ring == 3 || ring <= 1);
    }
  }
}

FixedPattern qr_code(int size) {
  Painter paint(Symbology::qr_code, size, size);
  qr_finder(paint, 0, 0, size);
  qr_finder(paint, size - 7, 0, size);
  qr_finder(paint, 0, size - 7, size);
  for (int i = 8; i < size - 8; ++i) {
    paint.cell(i, 6, i % 2 == 0);
    paint.cell(6, i, i % 2 == 0);
  }
  paint.cell(8, size - 8, true);
  const std::vector<int> centers = qr_alignments((size - 17) / 4);
  for (const int cy : centers) {
    for (const int cx : centers) {
      const bool in_finder =
          (cx == 6 && cy == 6) || (cx == 6 && cy == size - 7) || (cx == size - 7 && cy == 6);
      if (in_finder) continue;
      for (int i = 0; i < 25; ++i) {
        const int x = i % 5 - 2;
        const int y = i / 5 - 2;
        const bool on_timing = cx + x == 6 || cy + y == 6;
        if (!on_timing) paint.cell(cx + x, cy + y, std::max(std::abs(x), std::abs(y)) != 1);
      }
    }
  }
  paint.quiet_zone();
  return paint.take();
}

/// Compact symbols have 15 to 27 modules a side, full ones 19 to 151.
FixedPattern aztec(int size, bool compact) {
  Painter paint(Symbology::aztec, size, size);
  const int middle = size / 2;
  const int core = compact ? 5 : 7;  // rings: the outermost holds mode and orientation
  for (int y = -core; y <= core; ++y) {
    for (int x = -core; x <= core; ++x) {
      const int ring = std::max(std::abs(x), std::abs(y));
      if (ring < core) paint.cell(middle + x, middle + y, ring % 2 == 0);
    }
  }
  // Orientation marks: three cells top left, two top right, one bottom right, none bottom left.
  const std::array<std::tuple<int, int, bool>, 12> marks{{{-core, -core, true},
                                                          {1 - core, -core, true},
                                                          {-core, 1 - core, true},
                                                          {core, -core, true},
                                                          {core, 1 - core, true},
                                                          {core - 1, -core, false},
                                                          {core, core - 1, true},
                                                          {core, core, false},
                                                          {core - 1, core, false},
                                                          {-core, core, false},
                                                          {1 - core, core, false},
                                                          {-core, core - 1, false}}};
  for (const auto& [x, y, dark] : marks) paint.cell(middle + x, middle + y, dark);
  if (!compact) {
    // The reference grid: every 16th line, alternating from the centre.
    for (int line = -middle / 16 * 16; line <= middle; line += 16) {
      for (int i = -middle; i <= middle; ++i) {
        if (std::max(std::abs(line), std::abs(i)) <= core) continue;
        const bool dark = (i + line) % 2 == 0;
        paint.cell(middle + i, middle + line, dark);
        if (i % 16 != 0) paint.cell(middle + line, middle + i, dark);
      }
    }
  }
  paint.quiet_zone();
  return paint.take();
}

std::vector<std::pair<int, int>> make_sizes(Symbology symbology) {
  std::vector<std::pair<int, int>> sizes;
  if (symbology == Symbology::data_matrix) {
    for (const DataMatrixSize& size : kDataMatrixSizes) sizes.emplace_back(size.columns, size.rows);
  } else if (symbology == Symbology::qr_code) {
    for (int n = 21; n <= 177; n += 4) sizes.emplace_back(n, n);
  } else if (symbology == Symbology::aztec) {
    for (const int n : {15, 19, 23, 27}) sizes.emplace_back(n, n);
    // Full symbols: 15 + 4 a layer, and two more wherever a line of the reference grid comes in.
    for (int layers = 4; layers <= 32; ++layers) {
      const int data = 14 + 4 * layers;
      const int size = data + 1 + 2 * ((data / 2 - 1) / 15);
      sizes.emplace_back(size, size);
    }
  }
  return sizes;
}

FixedPattern make_pattern(Symbology symbology, int columns, int rows) {
  if (symbology == Symbology::data_matrix) return data_matrix(columns, rows);
  if (symbology == Symbology::qr_code) return qr_code(columns);
  return aztec(columns, columns <= kLargestCompactAztec);
}

}  // namespace

const std::vector<std::pair<int, int>>& sizes_of(Symbology symbology) {
  static const auto* all = new std::map<Symbology, std::vector<std::pair<int, int>>>{
      {Symbology::data_matrix, make_sizes(Symbology::data_matrix)},
      {Symbology::qr_code, make_sizes(Symbology::qr_code)},
      {Symbology::aztec, make_sizes(Symbology::aztec)}};
  static const std::vector<std::pair<int, int>> none;
  const auto found = all->find(symbology);
  return found == all->end() ? none : found->second;
}

const FixedPattern& fixed_pattern(Symbology symbology, int columns, int rows) {
  static const auto* all = [] {
    auto* patterns = new std::map<std::tuple<Symbology, int, int>, FixedPattern>;
    for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec})
      for (const auto& [c, r] : sizes_of(s)) (*patterns)[{s, c, r}] = make_pattern(s, c, r);
    return patterns;
  }();
  static const FixedPattern none;
  const auto found = all->find({symbology, columns, rows});
  return found == all->end() ? none : found->second;
}

}  // namespace backstamp::vision
