#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "vision/grid/words/words.h"

namespace backstamp::vision {
namespace {

struct SoftWords {
  std::vector<std::uint16_t> values;
  std::vector<float> sureness;  // of the least sure bit
};

SoftWords read_words(const WordLayout& layout, std::span<const float> soft) {
  SoftWords words;
  words.values.resize(layout.words());
  words.sureness.resize(layout.words());
  const auto bits = static_cast<std::size_t>(layout.word_bits);
  for (std::size_t w = 0; w < words.values.size(); ++w) {
    unsigned value = 0;
    float least = 1e9f;
    for (std::size_t b = 0; b < bits; ++b) {
      const std::uint16_t module = layout.modules[w * bits + b];
      const bool inverted = !layout.mask.empty() && layout.mask[module] != 0;
      value = value << 1 | static_cast<unsigned>((soft[module] > 0) != inverted);
      least = std::min(least, std::abs(soft[module]));
    }
    words.values[w] = static_cast<std::uint16_t>(value);
    words.sureness[w] = least;
  }
  return words;
}

/// Corrects one block within all words; gives the checks spent.
std::optional<int> correct_block(const WordLayout& layout, const WordLayout::Block& block,
                                 SoftWords& words, const RepairLimits& limits) {
  std::vector<std::uint16_t> values;
  for (const std::uint16_t w : block.words) values.push_back(words.values[w]);
  std::vector<int> order(block.words.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return words.sureness[block.words[static_cast<std::size_t>(a)]] <
           words.sureness[block.words[static_cast<std::size_t>(b)]];
  });
  const int wanted =
      layout.blocks.size() > 1 ? limits.matrix_words_of_several : limits.matrix_words;
  // Short words prove little each. An Aztec's mode has the symbol's size to agree with besides.
  constexpr int kModeBits = 4;
  const int least = layout.word_bits > kModeBits
                        ? (limits.matrix_bits + layout.word_bits - 1) / layout.word_bits
                        : 1;
  const int spare = std::max(std::min(wanted, (block.checks + 2) / 3), least);
  if (spare > block.checks) return std::nullopt;
  const int most = block.checks - spare;
  constexpr int kTries = 8;
  int before = -1;
  if (block.checks < 1 || values.size() > static_cast<std::size_t>(layout.field->order()))
    return std::nullopt;
  const std::vector<unsigned> syndromes =
      syndromes_of(*layout.field, layout.first_root, block.checks, values);
  for (int k = 0; k < kTries; ++k) {
    const int erasures = std::min(most * k / (kTries - 1), static_cast<int>(order.size()));
    if (erasures == before) continue;
    before = erasures;
    const std::span<const int> erased(order.data(), static_cast<std::size_t>(erasures));
    const auto spent = correct(*layout.field, layout.first_root, syndromes, spare, values, erased);
    if (!spent) continue;
    for (std::size_t i = 0; i < values.size(); ++i) words.values[block.words[i]] = values[i];
    return spent;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CorrectedModules> correct_modules(const WordLayout& layout,
                                                std::span<const float> soft) {
  SolvedBlocks solved;
  return correct_modules(layout, soft, solved);
}

std::optional<CorrectedModules> correct_modules(const WordLayout& layout,
                                                std::span<const float> soft, SolvedBlocks& solved,
                                                const RepairLimits& limits) {
  if (solved.blocks.size() != layout.blocks.size() || solved.mask != layout.mask)
    solved = {layout.mask, std::vector<SolvedBlocks::Block>(layout.blocks.size())};
  SoftWords words = read_words(layout, soft);
  CorrectedModules corrected;
  corrected.margin = 1;
  bool all = true;
  for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
    const WordLayout::Block& block = layout.blocks[b];
    SolvedBlocks::Block& known = solved.blocks[b];
    if (known.words.size() == block.words.size()) {
      for (std::size_t i = 0; i < block.words.size(); ++i)
        words.values[block.words[i]] = known.words[i];
    } else if (const auto spent = correct_block(layout, block, words, limits)) {
      known.spent = *spent;
      known.words.clear();
      for (const std::uint16_t w : block.words) known.words.push_back(words.values[w]);
    } else {
      all = false;
      continue;
    }
    corrected.margin = std::min(
        corrected.margin, 1 - static_cast<float>(known.spent) / static_cast<float>(block.checks));
  }
  if (!all) return std::nullopt;
  corrected.dark.resize(soft.size());
  for (std::size_t i = 0; i < soft.size(); ++i) corrected.dark[i] = soft[i] > 0;
  const auto bits = static_cast<std::size_t>(layout.word_bits);
  for (std::size_t w = 0; w < words.values.size(); ++w) {
    for (std::size_t b = 0; b < bits; ++b) {
      const std::uint16_t module = layout.modules[w * bits + b];
      const bool inverted = !layout.mask.empty() && layout.mask[module] != 0;
      const bool set = words.values[w] >> (bits - 1 - b) & 1;
      corrected.dark[module] = set != inverted;
    }
  }
  return corrected;
}

}  // namespace backstamp::vision
