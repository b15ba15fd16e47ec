#include <algorithm>
#include <array>
#include <cstddef>

#include "vision/grid/data_matrix_sizes.h"
#include "vision/grid/words/layouts.h"

namespace backstamp::vision {
namespace {

/// Lays words out over the data modules alone, as annex F does: nominal shapes along diagonals, the
/// four corner cases where these meet the corners.
class Placement {
 public:
  Placement(int columns, int rows)
      : columns_(columns), rows_(rows), taken_(static_cast<std::size_t>(columns * rows), false) {}

  /// Places of the bits, eight a word, in the data modules.
  std::vector<std::uint16_t> run() {
    int row = 4, column = 0;
    do {
      corners(row, column);
      do {
        if (row < rows_ && column >= 0 && !is_taken(row, column)) nominal(row, column);
        row -= 2, column += 2;
      } while (row >= 0 && column < columns_);
      row += 1, column += 3;
      do {
        if (row >= 0 && column < columns_ && !is_taken(row, column)) nominal(row, column);
        row += 2, column -= 2;
      } while (row < rows_ && column >= 0);
      row += 3, column += 1;
    } while (row < rows_ || column < columns_);
    return std::move(places_);
  }

 private:
  using Shape = std::array<std::array<int, 2>, 8>;  // row, column; negative from the far side

  bool is_taken(int row, int column) const {
    return taken_[static_cast<std::size_t>(row * columns_ + column)];
  }

  void take(int row, int column) {
    const int at = row * columns_ + column;
    taken_[static_cast<std::size_t>(at)] = true;
    places_.push_back(static_cast<std::uint16_t>(at));
  }

  void nominal(int row, int column) {
    constexpr Shape kShape{
        {{-2, -2}, {-2, -1}, {-1, -2}, {-1, -1}, {-1, 0}, {0, -2}, {0, -1}, {0, 0}}};
    for (const auto& [down, right] : kShape) {
      int r = row + down, c = column + right;
      if (r < 0) r += rows_, c += 4 - (rows_ + 4) % 8;
      if (c < 0) c += columns_, r += 4 - (columns_ + 4) % 8;
      if (r >= rows_) r -= rows_;
      take(r, c);
    }
  }

  void corner(const Shape& shape) {
    for (const auto& [r, c] : shape) take(r < 0 ? r + rows_ : r, c < 0 ? c + columns_ : c);
  }

  void corners(int row, int column) {
    if (row == rows_ && column == 0)
      corner({{{-1, 0}, {-1, 1}, {-1, 2}, {0, -2}, {0, -1}, {1, -1}, {2, -1}, {3, -1}}});
    if (row == rows_ - 2 && column == 0 && columns_ % 4 != 0)
      corner({{{-3, 0}, {-2, 0}, {-1, 0}, {0, -4}, {0, -3}, {0, -2}, {0, -1}, {1, -1}}});
    if (row == rows_ - 2 && column == 0 && columns_ % 8 == 4)
      corner({{{-3, 0}, {-2, 0}, {-1, 0}, {0, -2}, {0, -1}, {1, -1}, {2, -1}, {3, -1}}});
    if (row == rows_ + 4 && column == 2 && columns_ % 8 == 0)
      corner({{{-1, 0}, {-1, -1}, {0, -3}, {0, -2}, {0, -1}, {1, -3}, {1, -2}, {1, -1}}});
  }

  int columns_, rows_;
  std::vector<bool> taken_;
  std::vector<std::uint16_t> places_;
};

}  // namespace

std::optional<WordLayout> data_matrix_layout(int columns, int rows) {
  const auto size =
      std::find_if(kDataMatrixSizes.begin(), kDataMatrixSizes.end(),
                   [&](const DataMatrixSize& s) { return s.columns == columns && s.rows == rows; });
  if (size == kDataMatrixSizes.end() || size->blocks == 10) return std::nullopt;
  static const GaloisField field(8, 0x12D);
  WordLayout layout{.field = &field, .word_bits = 8, .first_root = 1};
  const int wide = columns / size->regions_across - 2, high = rows / size->regions_down - 2;
  layout.modules = Placement(wide * size->regions_across, high * size->regions_down).run();
  for (std::uint16_t& place : layout.modules) {
    const int r = place / (wide * size->regions_across), c = place % (wide * size->regions_across);
    const int row = r / high * (high + 2) + 1 + r % high;
    const int column = c / wide * (wide + 2) + 1 + c % wide;
    place = static_cast<std::uint16_t>(row * columns + column);
  }
  const int total = size->data_words + size->check_words;
  if (static_cast<int>(layout.words()) < total) return std::nullopt;
  layout.modules.resize(static_cast<std::size_t>(8 * total));
  layout.blocks.resize(static_cast<std::size_t>(size->blocks));
  for (int w = 0; w < total; ++w) {
    const int in_part = w < size->data_words ? w : w - size->data_words;
    layout.blocks[static_cast<std::size_t>(in_part % size->blocks)].words.push_back(
        static_cast<std::uint16_t>(w));
  }
  for (WordLayout::Block& block : layout.blocks) block.checks = size->check_words / size->blocks;
  return layout;
}

}  // namespace backstamp::vision
