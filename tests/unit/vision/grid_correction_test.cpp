// Matrix symbols with damage: what is corrected, and what never is.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/words/words.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

struct Size {
  Symbology symbology;
  int number;  // libzint's
  int level;
};

/// Small and large, of one block and of many.
constexpr Size kSizes[]{{Symbology::data_matrix, 1, 0},  {Symbology::data_matrix, 4, 0},
                        {Symbology::data_matrix, 13, 0}, {Symbology::data_matrix, 17, 0},
                        {Symbology::data_matrix, 26, 0}, {Symbology::data_matrix, 40, 0},
                        {Symbology::qr_code, 1, 1},      {Symbology::qr_code, 2, 4},
                        {Symbology::qr_code, 5, 3},      {Symbology::qr_code, 14, 2},
                        {Symbology::aztec, 1, 0},        {Symbology::aztec, 3, 0},
                        {Symbology::aztec, 9, 0},        {Symbology::aztec, 20, 0}};

/// A symbol and how its words lie.
struct Sample {
  DrawnMatrix matrix;
  WordLayout layout;
};

Sample sample(const Size& size, std::mt19937& random) {
  auto matrix = draw_matrix(size.symbology, size.number, size.level, random);
  REQUIRE(matrix);
  auto layout = word_layout(size.symbology, matrix->columns, matrix->rows, matrix->soft());
  REQUIRE(layout);
  return {std::move(*matrix), std::move(*layout)};
}

int spare_of(const WordLayout& layout, const WordLayout::Block& block) {
  const RepairLimits limits;
  const int wanted =
      layout.blocks.size() > 1 ? limits.matrix_words_of_several : limits.matrix_words;
  return std::min(wanted, (block.checks + 2) / 3);
}

/// Turns one to all bits of a word about; its modules become `sure` sure.
void spoil(const WordLayout& layout, std::uint16_t word, float sure, std::mt19937& random,
           std::vector<float>& soft) {
  const auto bits = static_cast<unsigned>(layout.word_bits);
  const auto change = static_cast<unsigned>(1 + random() % ((1u << bits) - 1));
  for (unsigned b = 0; b < bits; ++b) {
    float& module = soft[layout.modules[word * bits + b]];
    const float sign = module > 0 ? 1.0f : -1.0f;
    module = sure * (change >> b & 1 ? -sign : sign);
  }
}

/// Spoils some words of each block; `share` of the checks that may be spent, one or two a word.
std::vector<float> damaged(const Sample& sample, float share, int checks_a_word, float sure,
                           std::mt19937& random) {
  const WordLayout& layout = sample.layout;
  std::vector<float> soft = sample.matrix.soft();
  for (const WordLayout::Block& block : layout.blocks) {
    const int most = (block.checks - spare_of(layout, block)) / checks_a_word;
    auto words = block.words;
    std::shuffle(words.begin(), words.end(), random);
    const auto count =
        std::min(words.size(), static_cast<std::size_t>(share * static_cast<float>(most)));
    for (std::size_t i = 0; i < count; ++i) spoil(layout, words[i], sure, random, soft);
  }
  return soft;
}

TEST_CASE("Wrong words are restored as long as two checks for each may be spent") {
  std::mt19937 random(1);
  for (const Size& size : kSizes) {
    const Sample drawn = sample(size, random);
    INFO(drawn.matrix.columns << " x " << drawn.matrix.rows);
    for (int round = 0; round < 6; ++round) {
      const auto corrected = correct_modules(drawn.layout, damaged(drawn, 1, 2, 1, random));
      REQUIRE(corrected);
      CHECK(corrected->dark == drawn.matrix.dark);
      CHECK(corrected->margin < 1);
      CHECK(corrected->margin > 0);
    }
  }
}

TEST_CASE("Twice as many wrong words are restored when they are the least sure") {
  std::mt19937 random(2);
  for (const Size& size : kSizes) {
    const Sample drawn = sample(size, random);
    INFO(drawn.matrix.columns << " x " << drawn.matrix.rows);
    for (int round = 0; round < 6; ++round) {
      const auto corrected = correct_modules(drawn.layout, damaged(drawn, 1, 1, 0.2f, random));
      REQUIRE(corrected);
      CHECK(corrected->dark == drawn.matrix.dark);
    }
  }
}

TEST_CASE("More damage than that gives nothing, or the symbol as it was drawn") {
  std::mt19937 random(3);
  int nothing = 0;
  for (const Size& size : kSizes) {
    const Sample drawn = sample(size, random);
    INFO(drawn.matrix.columns << " x " << drawn.matrix.rows);
    for (int round = 0; round < 60; ++round) {
      const float share = 1.2f + static_cast<float>(random() % 200) / 100;
      const auto corrected = correct_modules(drawn.layout, damaged(drawn, share, 2, 1, random));
      if (corrected) CHECK(corrected->dark == drawn.matrix.dark);
      nothing += !corrected;
    }
  }
  CHECK(nothing > 400);
}

TEST_CASE("Blocks that one look solves serve the next, which solves the others") {
  std::mt19937 random(7);
  const Sample drawn = sample({Symbology::qr_code, 14, 2}, random);
  REQUIRE(drawn.layout.blocks.size() > 2);
  const auto spoiled_block = [&](std::size_t b) {
    std::vector<float> soft = drawn.matrix.soft();
    for (const std::uint16_t word : drawn.layout.blocks[b].words)
      spoil(drawn.layout, word, 1, random, soft);
    return soft;
  };
  SolvedBlocks solved;
  CHECK_FALSE(correct_modules(drawn.layout, spoiled_block(0), solved));
  CHECK_FALSE(correct_modules(drawn.layout, spoiled_block(0), solved));
  const auto corrected = correct_modules(drawn.layout, spoiled_block(1), solved);
  REQUIRE(corrected);
  CHECK(corrected->dark == drawn.matrix.dark);
  // Of another symbol, with another mask, nothing is taken over.
  WordLayout other = drawn.layout;
  for (auto& module : other.mask) module ^= 1;
  CHECK_FALSE(correct_modules(other, spoiled_block(0), solved));
}

/// How many of `tries` symbols pass whose modules but for the fixed ones, the mode and the format
/// are noise.
int noise_passes(const Size& size, int tries, std::mt19937& random) {
  const Sample drawn = sample(size, random);
  std::vector<float> soft = drawn.matrix.soft();
  std::uniform_real_distribution<float> any(-1, 1);
  int passed = 0;
  for (int i = 0; i < tries; ++i) {
    for (const std::uint16_t module : drawn.layout.modules) soft[module] = any(random);
    passed += correct_modules(drawn.layout, soft).has_value();
  }
  return passed;
}

TEST_CASE("Noise within a symbol's fixed pattern gives nothing") {
  std::mt19937 random(4);
  constexpr Size kModest[]{{Symbology::data_matrix, 4, 0}, {Symbology::data_matrix, 6, 0},
                           {Symbology::data_matrix, 8, 0}, {Symbology::data_matrix, 27, 0},
                           {Symbology::qr_code, 1, 2},     {Symbology::qr_code, 2, 1},
                           {Symbology::qr_code, 3, 3},     {Symbology::aztec, 2, 0},
                           {Symbology::aztec, 3, 0},       {Symbology::aztec, 1, 0}};
  for (const Size& size : kModest) CHECK(noise_passes(size, 1200, random) == 0);
}

TEST_CASE("Noise passes the smallest symbols no more often than stated") {
  // 10 by 10 modules, 5 checks, 2 spared: at most 2^-16 a try, of which the last counts.
  std::mt19937 random(5);
  CHECK(noise_passes({Symbology::data_matrix, 1, 0}, 40'000, random) <= 5);
  CHECK(noise_passes({Symbology::data_matrix, 25, 0}, 20'000, random) <= 3);  // 18 by 8
}

TEST_CASE("Noise all over a symbol gives nothing, with whatever mode or format it shows") {
  std::mt19937 random(6);
  std::uniform_real_distribution<float> any(-1, 1);
  int passed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool aztec = i % 2 != 0;
    const int size = aztec ? 15 + 4 * (i / 2 % 4) : 21 + 4 * (i / 2 % 3);
    std::vector<float> soft(static_cast<std::size_t>(size * size));
    for (float& module : soft) module = any(random);
    const auto layout =
        word_layout(aztec ? Symbology::aztec : Symbology::qr_code, size, size, soft);
    passed += layout && correct_modules(*layout, soft);
  }
  CHECK(passed == 0);
}

}  // namespace
}  // namespace backstamp::vision
