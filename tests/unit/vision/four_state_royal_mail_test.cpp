// Soft bars of Mailmark, RM4SCC and KIX: what is repaired, and what is refused.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "bar_samples.h"
#include "postal/bar_letters.h"
#include "postal/mailmark_bars.h"
#include "postal/rm4scc_bars.h"
#include "vision/four_state/kix_reader.h"
#include "vision/four_state/mailmark_reader.h"
#include "vision/four_state/rm4scc_reader.h"
#include "vision/four_state/row_readers.h"

namespace backstamp::vision::four_state {
namespace {

constexpr Code kMailmark{postal::Symbology::mailmark, read_mailmark};
constexpr Code kRm4scc{postal::Symbology::rm4scc, read_rm4scc};
constexpr Code kKix{postal::Symbology::kix, read_kix};

TEST_CASE("Clean bars of the Royal Mail family decode either way up") {
  std::mt19937_64 random(1);
  for (const Code& code : {kMailmark, kRm4scc, kKix})
    CHECK(read_share(code, 1000, random, [](BarSequence&) {}) == 1);
}

TEST_CASE("Noise is seen through, and never gives another content") {
  std::mt19937_64 random(2);
  const auto with = [&](float sigma) {
    return [&random, sigma](BarSequence& sequence) { add_noise(sequence, sigma, random); };
  };
  CHECK(read_share(kMailmark, 2000, random, with(0.45f)) > 0.95);
  CHECK(read_share(kRm4scc, 2000, random, with(0.4f)) > 0.85);
  CHECK(read_share(kKix, 2000, random, with(0.2f)) > 0.85);
  for (const float sigma : {0.6f, 0.8f, 1.0f})
    for (const Code& code : {kMailmark, kRm4scc, kKix}) read_share(code, 2000, random, with(sigma));
}

TEST_CASE("A single sure half-bar that is wrong never gives another content") {
  std::mt19937_64 random(3);
  const auto flip = [&](BarSequence& sequence) {
    half_bar(sequence, random() % half_bars(sequence)) *= -1;
  };
  CHECK(read_share(kMailmark, 3000, random, flip) == 1);
  CHECK(read_share(kRm4scc, 3000, random, flip) == 0);
  CHECK(read_share(kKix, 3000, random, flip) == 0);
  const auto doubt = [&](BarSequence& sequence) {
    half_bar(sequence, random() % half_bars(sequence)) *= -0.4f;
  };
  CHECK(read_share(kRm4scc, 3000, random, doubt) > 0.9);
}

TEST_CASE("A smear over three bars of a Mailmark is repaired") {
  std::mt19937_64 random(4);
  const auto smear = [&](BarSequence& sequence) {
    const std::size_t bar = random() % (half_bars(sequence) / 2 - 3);
    for (std::size_t h = 2 * bar; h < 2 * bar + 6; ++h) half_bar(sequence, h) = 1;
  };
  CHECK(read_share(kMailmark, 2000, random, smear) > 0.99);
}

TEST_CASE("Many wrong half-bars give the content or nothing") {
  std::mt19937_64 random(5);
  for (int changes = 2; changes < 12; ++changes) {
    // A KIX has nothing that tells two sure faults in one character from another character.
    for (const Code& code : {kMailmark, kRm4scc}) {
      read_share(code, 600, random, [&](BarSequence& sequence) {
        for (int i = 0; i < changes; ++i)
          half_bar(sequence, random() % half_bars(sequence)) *= -0.8f;
      });
    }
  }
}

TEST_CASE("Bars lost or added at an end give the content or nothing") {
  std::mt19937_64 random(6);
  for (const Code& code : {kMailmark, kRm4scc}) {
    for (int i = 0; i < 2000; ++i) {
      const Sample sample = random_sample(code.symbology, random);
      std::string letters = sample.letters;
      const std::string more = random_letters(1 + random() % 3, random);
      if (i % 4 == 0) letters = more + letters;
      if (i % 4 == 1) letters += more;
      if (i % 4 == 2) letters.erase(0, more.size());
      if (i % 4 == 3) letters.resize(letters.size() - more.size());
      const RowAttempt attempt = read_row(row_of(letters, i % 2 == 1), Formats::all());
      CAPTURE(sample.text, letters);
      if (attempt.attempt.reading) REQUIRE(attempt.attempt.reading->text == sample.text);
    }
  }
}

TEST_CASE("A faint first or last bar does not lose a checked code") {
  std::mt19937_64 random(7);
  for (const Code& code : {kMailmark, kRm4scc}) {
    CHECK(
        read_share(code, 500, random, [&](BarSequence& sequence) {
          const bool first = random() % 2 == 0;
          sequence.bars[static_cast<std::size_t>(first ? sequence.first : sequence.last)].presence =
              0.4f;
          (first ? ++sequence.first : --sequence.last);
        }) > 0.99);
  }
}

TEST_CASE("A KIX beside which bars go on is not believed") {
  std::mt19937_64 random(8);
  for (int i = 0; i < 500; ++i) {
    const Sample sample = random_sample(postal::Symbology::kix, random);
    BarSequence sequence = row_of(sample.letters, i % 2 == 1);
    const int beside = i % 4 < 2 ? sequence.first - 1 - i % 2 : sequence.last + 1 + i % 2;
    sequence.bars[static_cast<std::size_t>(beside)].presence = 0.5f;
    const Attempt attempt = read_kix(sequence);
    CHECK_FALSE(attempt.reading);
  }
}

TEST_CASE("An RM4SCC that is no postcode is read when every bar is sure, and never repaired") {
  const std::string letters = postal::encode_rm4scc("ABC123");
  const Attempt clean = read_rm4scc(sequence_of(letters));
  REQUIRE(clean.reading);
  CHECK(clean.reading->text == "ABC123");
  for (std::size_t h = 0; h < 2 * letters.size(); ++h) {
    BarSequence sequence = sequence_of(letters);
    half_bar(sequence, h) *= -0.2f;
    CHECK_FALSE(read_rm4scc(sequence).reading);
  }
}

}  // namespace
}  // namespace backstamp::vision::four_state
