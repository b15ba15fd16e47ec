// Decoding soft bars: what is repaired, and what is refused.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "four_state_scene.h"
#include "postal/imb_bars.h"
#include "soft_rows.h"
#include "vision/four_state/imb_reader.h"

namespace backstamp::vision::four_state {
namespace {

struct Sample {
  std::string digits;
  BarSequence sequence;
};

Sample random_sample(std::mt19937& random, bool upside_down) {
  const std::string digits = test::random_digits(random).all();
  postal::ImbBars bars = postal::encode_imb(postal::Imb::parse(digits).value());
  if (upside_down) bars = postal::rotate_imb(bars);
  return {digits, sequence_of(postal::to_letters(bars))};
}

TEST_CASE("Clean bars decode either way up") {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    const Sample sample = random_sample(random, i % 2 == 1);
    const Attempt attempt = read_imb(sample.sequence);
    REQUIRE(attempt.reading);
    CHECK(attempt.reading->text == sample.digits);
    CHECK(attempt.reading->repaired_bars == 0);
    // Upside down the symbol's own top-left corner is at the bottom right.
    CHECK((attempt.reading->outline[0].x > 300) == (i % 2 == 1));
  }
}

TEST_CASE("Six doubtful bars are repaired, and counted when they were wrong") {
  std::mt19937 random(6);
  for (int i = 0; i < 200; ++i) {
    Sample sample = random_sample(random, i % 2 == 1);
    std::vector<std::size_t> bars(65);
    for (std::size_t k = 0; k < bars.size(); ++k) bars[k] = k;
    std::shuffle(bars.begin(), bars.end(), random);
    for (std::size_t k = 0; k < 6; ++k) {
      float& value = half_bar(sample.sequence, 2 * bars[k] + random() % 2);
      value *= -0.1f;
    }
    const Attempt attempt = read_imb(sample.sequence);
    REQUIRE(attempt.reading);
    CHECK(attempt.reading->text == sample.digits);
    CHECK(attempt.reading->repaired_bars == 6);
  }
}

TEST_CASE("Wrong bars that look sure are never read as something else") {
  std::mt19937 random(20);
  int read = 0;
  for (int i = 0; i < 2000; ++i) {
    Sample sample = random_sample(random, i % 2 == 1);
    for (int change = 0; change < 1 + i % 5; ++change)
      half_bar(sample.sequence, random() % 130) *= -0.8f;
    for (int noise = 0; noise < 5; ++noise) half_bar(sample.sequence, random() % 130) *= 0.3f;
    const Attempt attempt = read_imb(sample.sequence);
    if (!attempt.reading) {
      CHECK(attempt.likeness > 0);
      continue;
    }
    REQUIRE(attempt.reading->text == sample.digits);
    ++read;
  }
  CHECK(read > 200);
}

TEST_CASE("Random soft bars are refused") {
  std::mt19937 random(130);
  std::uniform_real_distribution<float> value(-1.2f, 1.2f);
  for (int i = 0; i < 5000; ++i) {
    BarSequence sequence = sequence_of(std::string(65, 'T'));
    for (std::size_t h = 0; h < 130; ++h) half_bar(sequence, h) = value(random);
    REQUIRE_FALSE(read_imb(sequence).reading);
  }
}

TEST_CASE("Another number of bars is no Intelligent Mail barcode") {
  for (const std::size_t count : {5u, 38u, 52u, 62u, 67u, 78u}) {
    const Attempt attempt = read_imb(sequence_of(std::string(count, 'F')));
    CHECK_FALSE(attempt.reading);
    CHECK(attempt.likeness == 0);
  }
}

TEST_CASE("A faint first or last bar does not lose the code") {
  std::mt19937 random(2);
  for (int i = 0; i < 50; ++i) {
    Sample sample = random_sample(random, false);
    Bar& bar = i % 2 == 0 ? sample.sequence.bars[3] : sample.sequence.bars[67];
    bar.presence = 0.4f;
    (i % 2 == 0 ? ++sample.sequence.first : --sample.sequence.last);
    const Attempt attempt = read_imb(sample.sequence);
    REQUIRE(attempt.reading);
    CHECK(attempt.reading->text == sample.digits);
  }
}

}  // namespace
}  // namespace backstamp::vision::four_state
