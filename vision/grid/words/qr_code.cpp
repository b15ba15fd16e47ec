#include <algorithm>
#include <array>
#include <cstddef>

#include "vision/grid/pattern.h"
#include "vision/grid/words/layouts.h"

namespace backstamp::vision {
namespace {

// ISO/IEC 18004 table 9 by version, levels L, M, Q, H: checks a block, and blocks.
using ByVersion = std::array<std::uint8_t, 40>;
constexpr std::array<ByVersion, 4> kChecks{
    {{7,  10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
      28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
     {10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
      26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28},
     {13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
      28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
     {17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
      30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30}}};
constexpr std::array<ByVersion, 4> kBlocks{
    {{1, 1, 1, 1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7,  8,
      8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
     {1,  1,  1,  2,  2,  4,  4,  4,  5,  5,  5,  8,  9,  9,  10, 10, 11, 13, 14, 16,
      17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49},
     {1,  1,  2,  2,  4,  4,  6,  6,  8,  8,  8,  10, 12, 16, 12, 17, 16, 18, 21, 20,
      23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68},
     {1,  1,  2,  4,  4,  4,  5,  6,  8,  8,  11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
      25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81}}};

struct Format {
  std::size_t level;  // 0 to 3: L, M, Q, H
  int mask;
};

/// The 15 bits of a format: BCH (15, 5) with the generator 0x537, masked with 0x5412.
unsigned format_bits(unsigned data) {
  unsigned rest = data << 10;
  for (int i = 14; i >= 10; --i)
    if (rest >> i & 1) rest ^= 0x537u << (i - 10);
  return (data << 10 | rest) ^ 0x5412;
}

/// Bit i of both copies of the format.
std::array<std::array<int, 2>, 2> format_places(int size, int i) {
  const int last = size - 1;
  const std::array<int, 2> first = i < 6    ? std::array{8, i}
                                   : i == 6 ? std::array{8, 7}
                                   : i == 7 ? std::array{8, 8}
                                   : i == 8 ? std::array{7, 8}
                                            : std::array{14 - i, 8};
  const std::array<int, 2> second = i < 8 ? std::array{last - i, 8} : std::array{8, size - 15 + i};
  return {first, second};
}

/// The likeliest of the 32 formats; none when the next one is nearly as likely.
std::optional<Format> read_format(int size, std::span<const float> soft) {
  float best = -1e9f, second = -1e9f;
  unsigned found = 0;
  for (unsigned data = 0; data < 32; ++data) {
    const unsigned bits = format_bits(data);
    float score = 0;
    for (int i = 0; i < 15; ++i)
      for (const auto& [column, row] : format_places(size, i)) {
        const float value =
            std::clamp(soft[static_cast<std::size_t>(row * size + column)], -1.0f, 1.0f);
        score += bits >> i & 1 ? value : -value;
      }
    if (score > best) {
      second = best, best = score, found = data;
    } else if (score > second) {
      second = score;
    }
  }
  constexpr float kMargin = 2;
  if (best - second < kMargin) return std::nullopt;
  constexpr std::array<std::size_t, 4> kLevels{1, 0, 3, 2};
  return Format{kLevels[found >> 3], static_cast<int>(found & 7)};
}

bool masked(int mask, int x, int y) {
  switch (mask) {
    case 0:
      return (x + y) % 2 == 0;
    case 1:
      return y % 2 == 0;
    case 2:
      return x % 3 == 0;
    case 3:
      return (x + y) % 3 == 0;
    case 4:
      return (x / 3 + y / 2) % 2 == 0;
    case 5:
      return x * y % 2 + x * y % 3 == 0;
    case 6:
      return (x * y % 2 + x * y % 3) % 2 == 0;
    default:
      return ((x + y) % 2 + x * y % 3) % 2 == 0;
  }
}

/// Modules that hold no data: patterns, separators, format and version.
std::vector<bool> reserved(int size) {
  std::vector<bool> taken(static_cast<std::size_t>(size * size));
  const auto take = [&](int x, int y) { taken[static_cast<std::size_t>(y * size + x)] = true; };
  for (const FixedPattern::Cell& c : fixed_pattern(postal::Symbology::qr_code, size, size).cells)
    if (c.column >= 0 && c.row >= 0 && c.column < size && c.row < size) take(c.column, c.row);
  for (int i = 0; i < 15; ++i)
    for (const auto& [x, y] : format_places(size, i)) take(x, y);
  if (size >= 45) {
    for (int i = 0; i < 18; ++i) {
      take(i / 3, size - 11 + i % 3);
      take(size - 11 + i % 3, i / 3);
    }
  }
  return taken;
}

/// Data modules in pairs of columns from the right, up and down in turn.
std::vector<std::uint16_t> data_places(int size) {
  const std::vector<bool> taken = reserved(size);
  std::vector<std::uint16_t> places;
  bool upwards = true;
  for (int right = size - 1; right >= 1; right -= 2, upwards = !upwards) {
    if (right == 6) right = 5;
    for (int i = 0; i < size; ++i) {
      const int y = upwards ? size - 1 - i : i;
      for (const int x : {right, right - 1}) {
        const int at = y * size + x;
        if (!taken[static_cast<std::size_t>(at)]) places.push_back(static_cast<std::uint16_t>(at));
      }
    }
  }
  return places;
}

}  // namespace

std::optional<WordLayout> qr_layout(int size, std::span<const float> soft) {
  if (size < 21 || size > 177 || size % 4 != 1) return std::nullopt;
  const auto format = read_format(size, soft);
  if (!format) return std::nullopt;
  static const GaloisField field(8, 0x11D);
  WordLayout layout{.field = &field, .word_bits = 8, .first_root = 0};
  layout.modules = data_places(size);
  layout.modules.resize(layout.modules.size() / 8 * 8);
  layout.mask.resize(soft.size());
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x)
      layout.mask[static_cast<std::size_t>(y * size + x)] = masked(format->mask, x, y);
  const auto version = static_cast<std::size_t>((size - 17) / 4 - 1);
  const std::size_t checks = kChecks[format->level][version];
  const std::size_t blocks = kBlocks[format->level][version];
  const std::size_t words = layout.words(), shorter = blocks - words % blocks;
  layout.blocks.resize(blocks);
  for (WordLayout::Block& block : layout.blocks) block.checks = static_cast<int>(checks);
  std::uint16_t next = 0;
  const std::size_t data = words / blocks - checks;  // of a shorter block
  for (std::size_t i = 0; i <= data; ++i)
    for (std::size_t b = i == data ? shorter : 0; b < blocks; ++b)
      layout.blocks[b].words.push_back(next++);
  for (std::size_t i = 0; i < checks; ++i)
    for (WordLayout::Block& block : layout.blocks) block.words.push_back(next++);
  return layout;
}

std::optional<WordLayout> word_layout(postal::Symbology symbology, int columns, int rows,
                                      std::span<const float> soft) {
  if (soft.size() != static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows))
    return std::nullopt;
  if (symbology == postal::Symbology::data_matrix) return data_matrix_layout(columns, rows);
  if (columns != rows) return std::nullopt;
  if (symbology == postal::Symbology::aztec) return aztec_layout(columns, soft);
  if (symbology == postal::Symbology::qr_code) return qr_layout(columns, soft);
  return std::nullopt;
}

}  // namespace backstamp::vision
