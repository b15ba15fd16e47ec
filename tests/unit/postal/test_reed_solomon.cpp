#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <random>

#include "postal/reed_solomon.h"

using namespace backstamp::postal;

namespace {

struct Shape {
  unsigned polynomial;
  int checks;
  std::size_t symbols;
};
constexpr Shape kShapes[]{{0x25, 6, 22}, {0x25, 7, 26}, {0x43, 4, 10}, {0x43, 4, 20}};

std::vector<std::uint8_t> random_word(const Shape& shape, const ReedSolomon& code,
                                      std::mt19937& random) {
  const unsigned size = shape.polynomial == 0x25 ? 32 : 64;
  std::vector<std::uint8_t> word(shape.symbols - static_cast<std::size_t>(shape.checks));
  for (auto& symbol : word) symbol = static_cast<std::uint8_t>(random() % size);
  const auto checks = code.checks_of(word);
  word.insert(word.end(), checks.begin(), checks.end());
  return word;
}

std::vector<std::size_t> random_places(std::size_t symbols, std::size_t count,
                                       std::mt19937& random) {
  std::vector<std::size_t> places(symbols);
  std::iota(places.begin(), places.end(), 0u);
  std::shuffle(places.begin(), places.end(), random);
  places.resize(count);
  return places;
}

}  // namespace

TEST_CASE("Errors and erasures are corrected as long as the checks suffice") {
  std::mt19937 random(5);
  for (const Shape& shape : kShapes) {
    const ReedSolomon code(shape.polynomial, shape.checks);
    for (int i = 0; i < 3000; ++i) {
      const auto word = random_word(shape, code, random);
      REQUIRE(code.valid(word));
      const auto erasures = random() % static_cast<unsigned>(shape.checks + 1);
      const auto errors = (static_cast<unsigned>(shape.checks) - erasures) / 2;
      auto places = random_places(shape.symbols, erasures + errors, random);
      auto damaged = word;
      for (const std::size_t place : places)
        damaged[place] ^= static_cast<std::uint8_t>(1 + random() % 31);
      places.resize(erasures);
      const auto corrected = code.correct(damaged, places, shape.checks);
      REQUIRE(corrected.has_value());
      CHECK(corrected->errors == static_cast<int>(errors));
      CHECK(corrected->erasures == static_cast<int>(erasures));
      REQUIRE(damaged == word);
    }
  }
}

TEST_CASE("An erased symbol may have been right") {
  std::mt19937 random(8);
  const Shape& shape = kShapes[0];
  const ReedSolomon code(shape.polynomial, shape.checks);
  for (int i = 0; i < 1000; ++i) {
    const auto word = random_word(shape, code, random);
    const auto places = random_places(shape.symbols, 5, random);
    auto damaged = word;
    damaged[places[0]] ^= 9;  // four more are erased without a cause
    REQUIRE(code.correct(damaged, places, shape.checks).has_value());
    REQUIRE(damaged == word);
  }
}

TEST_CASE("More errors than the limit allows change nothing") {
  std::mt19937 random(6);
  const Shape& shape = kShapes[1];
  const ReedSolomon code(shape.polynomial, shape.checks);
  int wrong = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto word = random_word(shape, code, random);
    auto damaged = word;
    for (const std::size_t place : random_places(shape.symbols, 3, random)) damaged[place] ^= 7;
    const auto before = damaged;
    if (code.correct(damaged, {}, 4).has_value())
      ++wrong;
    else
      REQUIRE(damaged == before);
  }
  CHECK(wrong == 0);  // the distance is 8: three errors are five away from any other word
}

TEST_CASE("Random words are rarely near a word of the code") {
  std::mt19937 random(7);
  const Shape& shape = kShapes[0];
  const ReedSolomon code(shape.polynomial, shape.checks);
  int found = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> word(shape.symbols);
    for (auto& symbol : word) symbol = static_cast<std::uint8_t>(random() % 32);
    found += code.correct(word, {}, 4).has_value();
  }
  // 231 pairs of places, 961 values each, in 32^6 words: one in 4,800.
  CHECK(found >= 1);
  CHECK(found <= 12);
}

TEST_CASE("Words that are none are refused, whatever they hold") {
  const ReedSolomon code(0x25, 6);
  std::vector<std::uint8_t> word(22, 255);
  CHECK_FALSE(code.valid(word));
  CHECK_FALSE(code.correct(word, {}, 6).has_value());
  std::vector<std::uint8_t> many(64, 0);
  CHECK_FALSE(code.valid(many));
  std::vector<std::uint8_t> zeros(22, 0);
  zeros[3] = 1;
  const std::size_t beyond[]{22};
  CHECK_FALSE(code.correct(zeros, beyond, 6).has_value());
  CHECK_FALSE(code.correct(zeros, {}, 7).has_value());
  CHECK_FALSE(code.valid({}));
}
