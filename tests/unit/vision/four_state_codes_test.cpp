// Codes of every symbology: read for what they are, and nothing else read for one of them.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "bar_samples.h"
#include "four_state_scene.h"
#include "no_limit.h"
#include "postal/bar_letters.h"
#include "postal/mailmark_bars.h"
#include "postal/rm4scc_bars.h"
#include "vision/four_state/four_state.h"
#include "vision/four_state/row_readers.h"

namespace backstamp::vision::four_state {
namespace {

using postal::Symbology;

constexpr Symbology kCodes[]{Symbology::imb,     Symbology::mailmark,       Symbology::rm4scc,
                             Symbology::kix,     Symbology::australia_post, Symbology::japan_post,
                             Symbology::postnet, Symbology::planet};

/// Of Australia Post none that libzint does not draw.
Sample drawable_sample(Symbology symbology, std::mt19937_64& random) {
  for (;;) {
    Sample sample = random_sample(symbology, random);
    if (symbology != Symbology::australia_post || !sample.text.starts_with("00")) return sample;
  }
}

FourStateResult read(const test::Scene& scene) {
  const Frame frame = scene.frame();
  return read_four_state(frame.view(), Formats::all(), test::no_limit());
}

TEST_CASE("Every symbology is read for what it is, either way up") {
  std::mt19937_64 random(1);
  for (const Symbology symbology : kCodes) {
    for (int i = 0; i < 500; ++i) {
      const Sample sample = random_sample(symbology, random);
      const RowAttempt row = read_row(row_of(sample.letters, i % 2 == 1), Formats::all());
      CAPTURE(postal::to_string(symbology), sample.text);
      REQUIRE(row.attempt.reading);
      CHECK(row.symbology == symbology);
      CHECK(row.attempt.reading->symbology == symbology);
      CHECK(row.attempt.reading->text == sample.text);
      CHECK(row.attempt.reading->correction_margin > 0.9f);
      CHECK(row.attempt.reading->repaired_bars == 0);
    }
  }
}

TEST_CASE("A code is not read for another one when its own is not wanted") {
  std::mt19937_64 random(2);
  for (const Symbology symbology : kCodes) {
    Formats others = Formats::all();
    others.bits &= ~(1u << static_cast<unsigned>(symbology));
    for (int i = 0; i < 3'000; ++i) {
      const Sample sample = random_sample(symbology, random);
      BarSequence sequence = row_of(sample.letters, i % 2 == 1);
      add_noise(sequence, 0.1f * static_cast<float>(i % 8), random);
      CAPTURE(postal::to_string(symbology), sample.text);
      const RowAttempt row = read_row(sequence, others);
      REQUIRE_FALSE(row.attempt.reading);
    }
  }
}

TEST_CASE("A part of a code is not read for another one") {
  std::mt19937_64 random(3);
  for (const Symbology symbology : kCodes) {
    // Of a KIX a part may be a KIX.
    if (symbology == Symbology::kix) continue;
    int wrong = 0;
    for (int i = 0; i < 5'000; ++i) {
      const Sample sample = random_sample(symbology, random);
      std::string letters = i % 2 == 0 ? sample.letters : postal::rotate_letters(sample.letters);
      const std::size_t from = random() % (letters.size() / 2);
      letters = letters.substr(from, letters.size() / 3 + random() % (letters.size() / 2));
      if (letters.size() == sample.letters.size()) continue;
      CAPTURE(postal::to_string(symbology), sample.text, letters);
      const RowAttempt row = read_row(sequence_of(letters), Formats::all());
      wrong += row.attempt.reading && row.attempt.reading->text != sample.text;
    }
    CAPTURE(postal::to_string(symbology));
    // Cut off between two characters, an RM4SCC passes for a shorter one with a chance of 1 in 36
    // checks and 16 ends, a POSTNET with 1 in 10 checks and 4 to 9 ends.
    const bool weak = symbology == Symbology::rm4scc || symbology == Symbology::postnet ||
                      symbology == Symbology::planet;
    CHECK(wrong <= (weak ? 8 : 0));
  }
}

TEST_CASE("40,000 random rows of every length give nothing") {
  std::mt19937_64 random(4);
  for (int i = 0; i < 40'000; ++i) {
    const std::size_t bars = 24 + random() % 58;
    const BarSequence sequence =
        i % 2 == 0 ? sequence_of(random_letters(bars, random)) : random_row(bars, random);
    REQUIRE_FALSE(read_row(sequence, Formats::all()).attempt.reading);
  }
}

TEST_CASE("Only wanted symbologies are read") {
  std::mt19937_64 random(5);
  const Sample sample = random_sample(Symbology::rm4scc, random);
  Formats formats;
  CHECK_FALSE(any_wanted(formats));
  CHECK_FALSE(read_row(sequence_of(sample.letters), formats).attempt.reading);
  formats.add(Symbology::rm4scc);
  CHECK(any_wanted(formats));
  CHECK(read_row(sequence_of(sample.letters), formats).attempt.reading);
}

TEST_CASE("What is not proved says what it is like, and why it is none") {
  std::mt19937_64 random(6);
  for (int i = 0; i < 200; ++i) {
    const Sample sample = random_sample(Symbology::mailmark, random);
    BarSequence sequence = sequence_of(sample.letters);
    for (int k = 0; k < 7; ++k) half_bar(sequence, random() % half_bars(sequence)) *= -1;
    const RowAttempt row = read_row(sequence, Formats::all());
    if (row.attempt.reading) continue;
    CHECK(row.symbology == Symbology::mailmark);
    CHECK(row.attempt.cause == postal::NoReadCause::located_not_decoded);
  }
  // Two characters changed to other sound ones: the check character says no.
  std::string letters = postal::encode_rm4scc("SW1A1AA1A");
  letters.replace(5, 4, postal::encode_kix("Q"));
  const RowAttempt row = read_row(sequence_of(letters), Formats::all());
  CHECK_FALSE(row.attempt.reading);
  CHECK(row.symbology == Symbology::rm4scc);
  CHECK(row.attempt.cause == postal::NoReadCause::checksum);
  const RowAttempt no_address =
      read_row(sequence_of(postal::encode_kix("ABCDEFGHIJ")), Formats::all());
  CHECK_FALSE(no_address.attempt.reading);
  CHECK(no_address.symbology == Symbology::kix);
  CHECK(no_address.attempt.cause == postal::NoReadCause::format);
}

TEST_CASE("Drawn codes of every symbology are read, upright and upside down") {
  std::mt19937_64 random(7);
  std::mt19937 noise(7);
  for (const Symbology symbology : kCodes) {
    int read_count = 0;
    constexpr int kCount = 50;
    for (int i = 0; i < kCount; ++i) {
      const Sample sample = drawable_sample(symbology, random);
      const float pitch = 7.5f + 0.05f * static_cast<float>(i);
      test::Scene scene =
          test::alone(test::draw_bars(symbology, sample.text), pitch, i % 2 == 0 ? 1.5f : 178.0f);
      scene.blur(0.6f);
      scene.noise(2, noise);
      const FourStateResult result = read(scene);
      CAPTURE(postal::to_string(symbology), sample.text, pitch);
      REQUIRE(result.readings.size() <= 1);
      if (result.readings.empty()) continue;
      CHECK(result.readings[0].symbology == symbology);
      REQUIRE(result.readings[0].text == sample.text);
      ++read_count;
    }
    CHECK(read_count >= kCount - 1);
  }
}

}  // namespace
}  // namespace backstamp::vision::four_state
