// The tables of the Intelligent Mail barcode, and what soft decoders look up in them.
#include "postal/imb_tables.h"

#include <bit>

namespace backstamp::postal {
namespace {

constexpr int kCharacterValues = 1 << 13;
constexpr int kFiveOfThirteen = 1287;
constexpr int kTwoOfThirteen = 78;

constexpr unsigned reverse13(unsigned value) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 13; ++bit) reversed |= ((value >> bit) & 1u) << (12 - bit);
  return reversed;
}

// USPS-B-3200 tables I and II: a character and its mirror image stand side by side, so that a
// symbol read from the wrong end shows; palindromes fill the table from its end.
constexpr void fill(std::uint16_t* table, int size, int weight) {
  int front = 0;
  int back = size;
  for (unsigned value = 0; value < kCharacterValues; ++value) {
    if (std::popcount(value) != weight) continue;
    const unsigned mirrored = reverse13(value);
    if (mirrored < value) continue;
    if (mirrored == value) {
      table[--back] = static_cast<std::uint16_t>(value);
    } else {
      table[front++] = static_cast<std::uint16_t>(value);
      table[front++] = static_cast<std::uint16_t>(mirrored);
    }
  }
}

std::array<std::uint16_t, kImbCodewords> make_characters() {
  std::array<std::uint16_t, kImbCodewords> table{};
  fill(table.data(), kFiveOfThirteen, 5);
  fill(table.data() + kFiveOfThirteen, kTwoOfThirteen, 2);
  return table;
}

std::array<std::int16_t, kCharacterValues> make_codewords() {
  std::array<std::int16_t, kCharacterValues> table{};
  table.fill(-1);
  const auto& characters = imb_characters_of_codewords();
  for (int codeword = 0; codeword < kImbCodewords; ++codeword) {
    const unsigned character = characters[static_cast<std::size_t>(codeword)];
    table[character] = static_cast<std::int16_t>(codeword);
    table[character ^ 0x1FFFu] = static_cast<std::int16_t>(codeword);
  }
  return table;
}

// USPS-B-3200 table IV, bar by bar from the left; characters A to J are 0 to 9.
constexpr std::array<ImbBarBits, kImbBars> kBarMap{{
    {4, 3, 7, 2},  {0, 0, 1, 10},  {2, 8, 9, 12}, {6, 11, 5, 5}, {3, 1, 8, 9},  {5, 12, 0, 1},
    {1, 8, 2, 5},  {9, 11, 4, 4},  {8, 10, 6, 3}, {7, 6, 3, 9},  {1, 4, 5, 11}, {2, 12, 8, 5},
    {0, 2, 9, 10}, {6, 7, 7, 1},   {4, 9, 3, 6},  {8, 6, 0, 3},  {2, 7, 6, 4},  {9, 9, 1, 1},
    {5, 2, 7, 10}, {3, 8, 4, 0},   {0, 4, 6, 2},  {1, 0, 8, 11}, {3, 12, 9, 8}, {7, 7, 2, 6},
    {4, 10, 5, 1}, {6, 9, 1, 12},  {8, 0, 7, 3},  {9, 7, 5, 8},  {2, 10, 4, 6}, {0, 5, 3, 4},
    {5, 7, 8, 4},  {1, 9, 7, 11},  {9, 6, 6, 0},  {4, 8, 0, 6},  {3, 2, 2, 1},  {8, 12, 5, 9},
    {6, 1, 4, 11}, {7, 4, 9, 5},   {1, 2, 3, 3},  {2, 0, 0, 7},  {4, 1, 1, 3},  {3, 5, 6, 10},
    {9, 4, 8, 7},  {5, 6, 2, 11},  {7, 12, 0, 8}, {8, 1, 4, 2},  {3, 0, 5, 10}, {0, 9, 9, 3},
    {2, 4, 6, 5},  {1, 7, 7, 8},   {4, 5, 5, 0},  {0, 10, 2, 3}, {9, 2, 6, 12}, {1, 6, 3, 11},
    {7, 9, 8, 8},  {0, 11, 5, 4},  {2, 2, 1, 5},  {4, 12, 9, 1}, {6, 6, 8, 3},  {3, 7, 7, 0},
    {7, 5, 4, 7},  {1, 11, 0, 12}, {9, 0, 2, 9},  {5, 3, 6, 8},  {8, 2, 3, 10},
}};

}  // namespace

const std::array<std::uint16_t, kImbCodewords>& imb_characters_of_codewords() {
  static const auto table = make_characters();
  return table;
}

const std::array<ImbBarBits, kImbBars>& imb_bar_map() {
  return kBarMap;
}

int imb_codeword(std::uint16_t character13) {
  static const auto table = make_codewords();
  return character13 < kCharacterValues ? table[character13] : -1;
}

bool imb_inverted(std::uint16_t character13) {
  return std::popcount(character13) > 6;
}

}  // namespace backstamp::postal
