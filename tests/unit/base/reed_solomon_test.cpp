#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <random>
#include <vector>

#include "base/reed_solomon.h"

namespace backstamp {
namespace {

using Words = std::vector<std::uint16_t>;

/// A code as one of the matrix symbologies has it.
struct Code {
  int bits;
  unsigned polynomial;
  int first_root;
  int data;
  int checks;
};

constexpr Code kCodes[]{
    {4, 0x13, 1, 2, 5},        // mode message of a compact Aztec
    {4, 0x13, 1, 4, 6},        // of a full one
    {6, 0x43, 1, 9, 8},        // Aztec of one layer
    {8, 0x12D, 1, 144, 56},    // Data Matrix 44 by 44, Aztec of three to eight layers
    {8, 0x12D, 1, 3, 5},       // Data Matrix 10 by 10
    {8, 0x11D, 0, 16, 10},     // QR Code 1-M
    {8, 0x11D, 0, 115, 30},    // QR Code 40-L
    {10, 0x409, 1, 300, 90},   // Aztec of nine layers
    {12, 0x1069, 1, 900, 60},  // Aztec of 23 layers
};

/// Multiplies without tables: the definition of the field.
unsigned plain_times(unsigned a, unsigned b, int bits, unsigned polynomial) {
  unsigned product = 0;
  for (; b != 0; b >>= 1) {
    if (b & 1) product ^= a;
    a <<= 1;
    if (a >> bits & 1) a ^= polynomial;
  }
  return product;
}

/// Data, then the rest of its division by the generator: a word of the code.
Words encoded(const Code& code, const GaloisField& field, std::mt19937& random) {
  std::vector<unsigned> generator{1};  // the highest coefficient first
  for (int i = 0; i < code.checks; ++i) {
    generator.push_back(0);
    for (std::size_t k = generator.size() - 1; k > 0; --k)
      generator[k] ^= field.times(generator[k - 1], field.power(code.first_root + i));
  }
  Words words(static_cast<std::size_t>(code.data + code.checks), 0);
  const auto data = static_cast<std::size_t>(code.data);
  for (std::size_t i = 0; i < data; ++i)
    words[i] = static_cast<std::uint16_t>(random() % (1u << code.bits));
  std::vector<unsigned> rest(words.begin(), words.end());
  for (std::size_t i = 0; i < data; ++i) {
    const unsigned lead = rest[i];
    for (std::size_t k = 0; k < generator.size(); ++k)
      rest[i + k] ^= field.times(lead, generator[k]);
  }
  for (std::size_t i = data; i < words.size(); ++i) words[i] = static_cast<std::uint16_t>(rest[i]);
  return words;
}

std::vector<int> some_places(std::size_t length, int count, std::mt19937& random) {
  std::vector<int> places(length);
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.end(), random);
  places.resize(static_cast<std::size_t>(count));
  return places;
}

void spoil(Words& words, int place, int bits, std::mt19937& random) {
  const auto change = static_cast<unsigned>(1 + random() % ((1u << bits) - 1));
  words[static_cast<std::size_t>(place)] ^= static_cast<std::uint16_t>(change);
}

TEST_CASE("A field's tables multiply and divide as its polynomial says") {
  std::mt19937 random(1);
  for (const Code& code : kCodes) {
    const GaloisField field(code.bits, code.polynomial);
    CHECK(field.order() == (1 << code.bits) - 1);
    const auto elements = static_cast<unsigned>(field.order()) + 1;
    for (int i = 0; i < 2000; ++i) {
      const auto a = static_cast<unsigned>(random() % elements);
      const auto b = static_cast<unsigned>(random() % elements);
      const unsigned product = field.times(a, b);
      REQUIRE(product == plain_times(a, b, code.bits, code.polynomial));
      if (b != 0) REQUIRE(field.over(product, b) == a);
      if (a != 0) REQUIRE(field.power(field.log(a)) == a);
    }
  }
}

TEST_CASE("Every mixture of erasures and errors within the checks is corrected") {
  std::mt19937 random(2);
  for (const Code& code : kCodes) {
    const GaloisField field(code.bits, code.polynomial);
    for (int round = 0; round < 40; ++round) {
      const Words word = encoded(code, field, random);
      const int erasures = static_cast<int>(random() % static_cast<unsigned>(code.checks + 1));
      const int errors =
          static_cast<int>(random() % static_cast<unsigned>((code.checks - erasures) / 2 + 1));
      const auto places = some_places(word.size(), erasures + errors, random);
      Words damaged = word;
      for (const int place : places) spoil(damaged, place, code.bits, random);
      const std::span<const int> erased(places.data(), static_cast<std::size_t>(erasures));
      const auto spent = correct(field, code.first_root, code.checks, 0, damaged, erased);
      REQUIRE(spent);
      REQUIRE(damaged == word);
      REQUIRE(*spent == erasures + 2 * errors);
    }
  }
}

TEST_CASE("A word of the code spends nothing, whatever its erasures") {
  std::mt19937 random(3);
  for (const Code& code : kCodes) {
    const GaloisField field(code.bits, code.polynomial);
    const Words word = encoded(code, field, random);
    Words same = word;
    CHECK(correct(field, code.first_root, code.checks, 1, same, {}) == 0);
    const auto places = some_places(word.size(), code.checks - 1, random);
    CHECK(correct(field, code.first_root, code.checks, 1, same, places) == 0);
    CHECK(same == word);
  }
}

TEST_CASE("Checks that are to be spared are not spent, and refused words stay as they were") {
  std::mt19937 random(4);
  for (const Code& code : kCodes) {
    const GaloisField field(code.bits, code.polynomial);
    for (int spare = 1; spare <= 4 && spare < code.checks; ++spare) {
      const int most = (code.checks - spare) / 2;
      const Words word = encoded(code, field, random);
      Words damaged = word;
      const auto places = some_places(word.size(), most + 1, random);
      for (const int place : places) spoil(damaged, place, code.bits, random);
      const Words before = damaged;
      const auto refused = correct(field, code.first_root, code.checks, spare, damaged, {});
      // A tiny field is nearly full of words of the code; what it accepts is then one of them.
      if (!refused) {
        CHECK(damaged == before);
      } else {
        CHECK(code.bits == 4);
        CHECK(correct(field, code.first_root, code.checks, 0, damaged, {}) == 0);
      }
      damaged = word;
      for (int i = 0; i < most; ++i)
        spoil(damaged, places[static_cast<std::size_t>(i)], code.bits, random);
      CHECK(correct(field, code.first_root, code.checks, spare, damaged, {}) == 2 * most);
      CHECK(damaged == word);
    }
    Words word = encoded(code, field, random);
    const auto too_many = some_places(word.size(), code.checks, random);
    CHECK_FALSE(correct(field, code.first_root, code.checks, 1, word, too_many));
  }
}

TEST_CASE("Words longer than the field and codes without checks are refused") {
  const GaloisField field(4, 0x13);
  Words long_word(16, 0), word(15, 0);
  CHECK_FALSE(correct(field, 1, 5, 0, long_word, {}));
  CHECK(correct(field, 1, 5, 0, word, {}));
  CHECK_FALSE(correct(field, 1, 0, 0, word, {}));
}

TEST_CASE("Random words pass as seldom as the spared checks promise") {
  // One error may be corrected in 8 words, 2 of 5 checks are spared: of 2^40 words 2^24 · 2041 lie
  // that near to a word of the code, 2^-29 of all. With three erasures instead, 2^-16.
  std::mt19937 random(5);
  const GaloisField field(8, 0x12D);
  int passed = 0;
  for (int i = 0; i < 100'000; ++i) {
    Words words(8);
    for (auto& word : words) word = static_cast<std::uint16_t>(random() & 255);
    const std::vector<int> erased{0, 3, 5};
    passed += correct(field, 1, 5, 2, words, erased).has_value();
  }
  CHECK(passed <= 8);  // 1.5 are expected
  passed = 0;
  for (int i = 0; i < 100'000; ++i) {
    Words words(8);
    for (auto& word : words) word = static_cast<std::uint16_t>(random() & 255);
    passed += correct(field, 1, 5, 2, words, {}).has_value();
  }
  CHECK(passed == 0);
}

}  // namespace
}  // namespace backstamp
