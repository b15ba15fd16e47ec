// Random codes of every symbology of bars, and how many of them a reader reads after a change.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>

#include "postal/australia_post.h"
#include "postal/bar_letters.h"
#include "postal/imb_bars.h"
#include "postal/japan_post.h"
#include "postal/kix.h"
#include "postal/mailmark_bars.h"
#include "postal/postnet.h"
#include "postal/rm4scc_bars.h"
#include "soft_rows.h"
#include "tests/unit/postal/random_mail.h"
#include "vision/four_state/soft_bars.h"

namespace backstamp::vision::four_state {

/// A content and its bars.
struct Sample {
  std::string text;
  std::string letters;
};

inline Sample random_sample(postal::Symbology symbology, std::mt19937_64& random) {
  using postal::Symbology;
  const auto tall = [&](postal::TallBars kind) {
    const std::string text = postal::random_postnet(kind, random);
    return Sample{text, postal::encode_postnet(kind, text)};
  };
  switch (symbology) {
    case Symbology::mailmark: {
      const postal::Mailmark code = postal::random_mailmark(random);
      return {code.text(), postal::encode_mailmark(code)};
    }
    case Symbology::rm4scc: {
      const std::string text = postal::random_uk_destination(random);
      return {text, postal::encode_rm4scc(text)};
    }
    case Symbology::kix: {
      const std::string text = postal::random_kix(random).text();
      return {text, postal::encode_kix(text)};
    }
    case Symbology::australia_post: {
      const postal::AustraliaPost code = postal::random_australia_post(random);
      return {code.text(), postal::encode_australia_post(code)};
    }
    case Symbology::japan_post: {
      const std::string text = postal::random_japan_post(random);
      return {text, postal::encode_japan_post(text)};
    }
    case Symbology::postnet:
      return tall(postal::TallBars::two_of_five);
    case Symbology::planet:
      return tall(postal::TallBars::three_of_five);
    default: {
      const postal::Imb code = postal::random_imb(random);
      return {code.digits(), postal::to_letters(postal::encode_imb(code))};
    }
  }
}

/// A row of these bars, one way up.
inline BarSequence row_of(const std::string& letters, bool upside_down) {
  return sequence_of(upside_down ? postal::rotate_letters(letters) : letters);
}

/// A symbology and its reader.
struct Code {
  postal::Symbology symbology;
  Attempt (*read)(const BarSequence&);
};

/// The share of symbols that are read after `change`, every other one upside down; a wrong reading
/// fails the test.
template <typename Change>
double read_share(const Code& code, int count, std::mt19937_64& random, Change change) {
  int read = 0;
  for (int i = 0; i < count; ++i) {
    const Sample sample = random_sample(code.symbology, random);
    BarSequence sequence = row_of(sample.letters, i % 2 == 1);
    change(sequence);
    const Attempt attempt = code.read(sequence);
    if (!attempt.reading) continue;
    CAPTURE(i, sample.text, sample.letters);
    REQUIRE(attempt.reading->text == sample.text);
    ++read;
  }
  return static_cast<double>(read) / count;
}

}  // namespace backstamp::vision::four_state
