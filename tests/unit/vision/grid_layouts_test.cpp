// Which modules make which words: against every size that libzint draws.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <random>
#include <set>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/data_matrix_sizes.h"
#include "vision/grid/pattern.h"
#include "vision/grid/words/words.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr int kDataMatrixNumbers = 48;  // libzint's: squares, rectangles, DMRE
constexpr int kCompactAztecs = 4;       // libzint's first four; 5 to 36 are full, 1 to 32 layers
constexpr int kFirstFullAztec = 8;      // of four layers: smaller ones are drawn compact
constexpr int kLastFullAztec = 36;

/// Whether what must be the same in every symbol of this size is so in this one.
void check_fixed_cells(const DrawnMatrix& matrix) {
  const FixedPattern& pattern = fixed_pattern(matrix.symbology, matrix.columns, matrix.rows);
  REQUIRE_FALSE(pattern.cells.empty());
  int wrong = 0;
  for (const auto& cell : pattern.cells) {
    const bool quiet =
        cell.column < 0 || cell.row < 0 || cell.column >= matrix.columns || cell.row >= matrix.rows;
    const bool dark =
        !quiet && matrix.dark[static_cast<std::size_t>(cell.row * matrix.columns + cell.column)];
    wrong += dark != cell.dark;
  }
  CHECK(wrong == 0);
}

/// Every word lies in modules of its own, in one block.
void check_partition(const WordLayout& layout, std::size_t modules) {
  const std::set<std::uint16_t> places(layout.modules.begin(), layout.modules.end());
  CHECK(places.size() == layout.modules.size());
  CHECK(*places.rbegin() < modules);
  std::vector<int> seen(layout.words(), 0);
  for (const WordLayout::Block& block : layout.blocks) {
    CHECK(static_cast<std::size_t>(block.checks) < block.words.size());
    for (const std::uint16_t word : block.words) {
      REQUIRE(word < seen.size());
      ++seen[word];
    }
  }
  CHECK(std::count(seen.begin(), seen.end(), 1) == static_cast<std::ptrdiff_t>(seen.size()));
}

WordLayout check_layout(const DrawnMatrix& matrix) {
  INFO(matrix.columns << " x " << matrix.rows);
  check_fixed_cells(matrix);
  const std::vector<float> soft = matrix.soft();
  const auto layout = word_layout(matrix.symbology, matrix.columns, matrix.rows, soft);
  REQUIRE(layout);
  check_partition(*layout, soft.size());
  const auto corrected = correct_modules(*layout, soft);
  REQUIRE(corrected);
  CHECK(corrected->margin == 1);
  CHECK(corrected->dark == matrix.dark);
  return *layout;
}

TEST_CASE("Every Data Matrix size is laid out as drawn, rectangular and DMRE ones too") {
  std::mt19937 random(1);
  std::set<std::pair<int, int>> drawn;
  for (int number = 1; number <= kDataMatrixNumbers; ++number) {
    const auto matrix = draw_matrix(Symbology::data_matrix, number, 0, random);
    REQUIRE(matrix);
    drawn.emplace(matrix->columns, matrix->rows);
    if (matrix->columns == 144 && matrix->rows == 144) {
      CHECK_FALSE(word_layout(Symbology::data_matrix, 144, 144, matrix->soft()));
      continue;
    }
    check_layout(*matrix);
  }
  for (const DataMatrixSize& size : kDataMatrixSizes)
    CHECK(drawn.contains({size.columns, size.rows}));
}

TEST_CASE("Every Aztec, compact and full, is laid out as drawn") {
  std::mt19937 random(2);
  std::set<int> drawn;
  for (int number = 1; number <= kLastFullAztec; ++number) {
    if (number > kCompactAztecs && number < kFirstFullAztec) continue;
    const auto matrix = draw_matrix(Symbology::aztec, number, 0, random);
    REQUIRE(matrix);
    drawn.insert(matrix->columns);
    check_layout(*matrix);
  }
  for (const auto& [columns, rows] : sizes_of(Symbology::aztec)) CHECK(drawn.contains(columns));
}

TEST_CASE("Every QR Code of 40 versions and four levels is laid out as drawn") {
  std::mt19937 random(3);
  for (int version = 1; version <= 40; ++version) {
    int less = 0;
    for (int level = 1; level <= 4; ++level) {
      const auto matrix = draw_matrix(Symbology::qr_code, version, level, random);
      REQUIRE(matrix);
      REQUIRE(matrix->columns == 17 + 4 * version);
      const WordLayout layout = check_layout(*matrix);
      const int checks = std::accumulate(
          layout.blocks.begin(), layout.blocks.end(), 0,
          [](int sum, const WordLayout::Block& block) { return sum + block.checks; });
      CHECK(checks > less);  // each level was drawn, not a better one
      less = checks;
    }
  }
}

TEST_CASE("Sizes that no symbology has are not laid out, nor modules that are not as many") {
  const std::vector<float> square(45 * 45, -1), few(10, -1);
  for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec}) {
    CHECK_FALSE(word_layout(s, 45, 44, std::span(square).first(45 * 44)));
    CHECK_FALSE(word_layout(s, 45, 45, few));
    CHECK_FALSE(word_layout(s, 0, 0, {}));
  }
  CHECK_FALSE(word_layout(Symbology::data_matrix, 45, 45, square));
  CHECK_FALSE(word_layout(Symbology::aztec, 45, 45, square));
  CHECK_FALSE(word_layout(Symbology::pdf417, 45, 45, square));
  CHECK_FALSE(word_layout(Symbology::qr_code, 17, 17, std::span(square).first(17 * 17)));
}

}  // namespace
}  // namespace backstamp::vision
