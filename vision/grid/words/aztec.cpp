#include <cstddef>

#include "vision/grid/pattern.h"
#include "vision/grid/words/layouts.h"

namespace backstamp::vision {
namespace {

/// Words of `bits` bits over the modules in `places`, the last ones `checks` checks of one block.
WordLayout one_block(const GaloisField& field, int bits, int checks,
                     std::vector<std::uint16_t> places) {
  WordLayout layout{.field = &field, .word_bits = bits, .first_root = 1};
  layout.modules = std::move(places);
  WordLayout::Block block{.checks = checks};
  for (std::size_t w = 0; w < layout.words(); ++w)
    block.words.push_back(static_cast<std::uint16_t>(w));
  layout.blocks.push_back(std::move(block));
  return layout;
}

/// The ring around the core, clockwise from its top left: 28 modules, or 40 without the lines of
/// the reference grid.
std::vector<std::uint16_t> mode_places(int size, bool compact) {
  const int middle = size / 2, ring = compact ? 5 : 7, side = compact ? 7 : 10;
  std::vector<std::uint16_t> places;
  const auto add = [&](int column, int row) {
    places.push_back(static_cast<std::uint16_t>(row * size + column));
  };
  const auto along = [&](int i) { return compact ? middle - 3 + i : middle - 5 + i + i / 5; };
  for (int i = 0; i < side; ++i) add(along(i), middle - ring);
  for (int i = 0; i < side; ++i) add(middle + ring, along(i));
  for (int i = side - 1; i >= 0; --i) add(along(i), middle + ring);
  for (int i = side - 1; i >= 0; --i) add(middle - ring, along(i));
  return places;
}

struct Mode {
  int layers;
  int data_words;
};

std::optional<Mode> read_mode(int size, bool compact, std::span<const float> soft) {
  static const GaloisField field(4, 0x13);
  const WordLayout layout = one_block(field, 4, compact ? 5 : 6, mode_places(size, compact));
  const auto corrected = correct_modules(layout, soft);
  if (!corrected) return std::nullopt;
  unsigned value = 0;
  for (std::size_t i = 0; i < (compact ? 8u : 16u); ++i)
    value = value << 1 | corrected->dark[layout.modules[i]];
  const unsigned layer_bits = compact ? 6 : 11;
  return Mode{static_cast<int>(value >> layer_bits) + 1,
              static_cast<int>(value & ((1u << layer_bits) - 1)) + 1};
}

/// The field that symbols of so many layers use.
const GaloisField& field_of(int layers, int& bits) {
  static const GaloisField six(6, 0x43), eight(8, 0x12D), ten(10, 0x409), twelve(12, 0x1069);
  bits = layers <= 2 ? 6 : layers <= 8 ? 8 : layers <= 22 ? 10 : 12;
  return bits == 6 ? six : bits == 8 ? eight : bits == 10 ? ten : twelve;
}

/// Columns (and rows) of the symbol without the lines of the reference grid, in order.
std::vector<int> data_lines(int layers, bool compact) {
  const int count = (compact ? 11 : 14) + 4 * layers;
  std::vector<int> lines(static_cast<std::size_t>(count));
  if (compact) {
    for (int i = 0; i < count; ++i) lines[static_cast<std::size_t>(i)] = i;
    return lines;
  }
  const int middle = (count + 1 + 2 * ((count / 2 - 1) / 15)) / 2;
  for (int i = 0; i < count / 2; ++i) {
    const int away = i + i / 15 + 1;
    lines[static_cast<std::size_t>(count / 2 - 1 - i)] = middle - away;
    lines[static_cast<std::size_t>(count / 2 + i)] = middle + away;
  }
  return lines;
}

/// The bits of all layers, from the outermost, counterclockwise from the top left, in dominoes.
std::vector<std::uint16_t> data_places(int size, int layers, bool compact) {
  const std::vector<int> lines = data_lines(layers, compact);
  const int count = static_cast<int>(lines.size());
  std::vector<std::uint16_t> places;
  const auto add = [&](int column, int row) {
    places.push_back(static_cast<std::uint16_t>(lines[static_cast<std::size_t>(row)] * size +
                                                lines[static_cast<std::size_t>(column)]));
  };
  for (int layer = 0; layer < layers; ++layer) {
    const int side = (layers - layer) * 4 + (compact ? 9 : 12);
    const int low = 2 * layer, high = count - 1 - low;
    for (int j = 0; j < side; ++j)
      for (int k = 0; k < 2; ++k) add(low + k, low + j);
    for (int j = 0; j < side; ++j)
      for (int k = 0; k < 2; ++k) add(low + j, high - k);
    for (int j = 0; j < side; ++j)
      for (int k = 0; k < 2; ++k) add(high - k, high - j);
    for (int j = 0; j < side; ++j)
      for (int k = 0; k < 2; ++k) add(high - j, low + k);
  }
  return places;
}

}  // namespace

std::optional<WordLayout> aztec_layout(int size, std::span<const float> soft) {
  constexpr int kSmallest = 15, kLargest = 151;
  if (size < kSmallest || size > kLargest) return std::nullopt;
  const bool compact = size <= kLargestCompactAztec;
  const auto mode = read_mode(size, compact, soft);
  if (!mode || mode->layers > (compact ? 4 : 32)) return std::nullopt;
  const int data = (compact ? 11 : 14) + 4 * mode->layers;
  if (size != (compact ? data : data + 1 + 2 * ((data / 2 - 1) / 15))) return std::nullopt;
  int bits = 0;
  const GaloisField& field = field_of(mode->layers, bits);
  std::vector<std::uint16_t> places = data_places(size, mode->layers, compact);
  // What is left over of whole words lies at the beginning.
  const std::size_t left_over = places.size() % static_cast<std::size_t>(bits);
  places.erase(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(left_over));
  const int words = static_cast<int>(places.size()) / bits;
  if (mode->data_words >= words) return std::nullopt;
  return one_block(field, bits, words - mode->data_words, std::move(places));
}

}  // namespace backstamp::vision
