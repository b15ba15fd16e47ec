#include <bit>
#include <catch2/catch_test_macros.hpp>

#include "postal/imb_bars.h"
#include "tests/unit/postal/random_codes.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

struct Vector {
  const char* digits;
  const char* letters;
};

// USPS-B-3200 Rev H section 3.5 (figure 5 is the last of the four), and one real service type.
constexpr Vector kVectors[]{
    {"01234567094987654321", "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT"},
    {"0123456709498765432101234",
     "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT"},
    {"01234567094987654321012345678",
     "ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA"},
    {"0123456709498765432101234567891",
     "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"},
    {"2327059283148203124096713024817",
     "DDADATADTAATDTTTDFDTTFTFFADTFTDFTATAAFTTFATDAATATDATATFADAADDTFDT"},
};

// Calls `change` with every symbol that differs from `bars` in one bar.
template <typename Change>
void for_each_single_bar_change(const ImbBars& bars, Change change) {
  for (std::size_t bar = 0; bar < kImbBars; ++bar) {
    for (unsigned flips = 1; flips < 4; ++flips) {
      ImbBars changed = bars;
      changed.ascender[bar] ^= (flips & 1) != 0;
      changed.descender[bar] ^= (flips & 2) != 0;
      change(changed);
    }
  }
}

}  // namespace

TEST_CASE("The published examples of the Intelligent Mail barcode are encoded and decoded") {
  for (const Vector& vector : kVectors) {
    const Imb code = Imb::parse(vector.digits).value();
    CHECK(to_letters(encode_imb(code)) == vector.letters);
    const auto decoded = decode_imb(parse_imb_letters(vector.letters).value());
    REQUIRE(decoded.has_value());
    CHECK(decoded->digits() == vector.digits);
  }
}

TEST_CASE("Every IMb that is encoded is decoded to itself, and never upside down") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Imb code = random_imb(random);
    const ImbBars bars = encode_imb(code);
    const auto decoded = decode_imb(bars);
    REQUIRE(decoded.has_value());
    REQUIRE(*decoded == code);
    REQUIRE_FALSE(decode_imb(rotate_imb(bars)).has_value());
    REQUIRE(rotate_imb(rotate_imb(bars)) == bars);
    REQUIRE(to_bars(to_characters(bars)) == bars);
    REQUIRE(valid_imb(to_characters(bars)));
  }
}

TEST_CASE("The smallest and largest IMb of each routing length survive the bars") {
  for (const std::size_t routing : {0u, 5u, 9u, 11u}) {
    for (const char digit : {'0', '9'}) {
      std::string digits(20 + routing, digit);
      digits[1] = digit == '0' ? '0' : '4';
      const auto decoded = decode_imb(encode_imb(Imb::parse(digits).value()));
      REQUIRE(decoded.has_value());
      CHECK(decoded->digits() == digits);
    }
  }
}

TEST_CASE("No single wrong bar of an IMb is ever read") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100; ++i) {
    for_each_single_bar_change(encode_imb(random_imb(random)), [](const ImbBars& changed) {
      REQUIRE_FALSE(decode_imb(changed).has_value());
    });
  }
}

TEST_CASE("Random bars are not an IMb") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) {
    ImbBars bars;
    for (std::size_t bar = 0; bar < kImbBars; ++bar) {
      bars.ascender[bar] = (random() & 1) != 0;
      bars.descender[bar] = (random() & 1) != 0;
    }
    REQUIRE_FALSE(decode_imb(bars).has_value());
  }
}

TEST_CASE("Valid characters alone do not make an IMb: the frame check must agree") {
  std::mt19937_64 random(4);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    ImbCharacters characters{};
    for (auto& character : characters) {
      character = imb_characters_of_codewords()[random() % kImbCodewords];
      if ((random() & 1) != 0) character ^= 0x1FFF;
    }
    if (!valid_imb(characters)) continue;
    ++accepted;  // then it is a real code
    const auto decoded = decode_imb(characters);
    REQUIRE(decoded.has_value());
    REQUIRE(to_characters(encode_imb(*decoded)) == characters);
  }
  CHECK(accepted < 40);  // 2^-11 of the checks, and the ranges: 4 are expected
}

TEST_CASE("The characters of the IMb have the weights of the specification") {
  int valid = 0;
  for (unsigned character = 0; character < 8192; ++character) {
    const auto value = static_cast<std::uint16_t>(character);
    const int weight = std::popcount(character);
    const bool expected = weight == 2 || weight == 5 || weight == 8 || weight == 11;
    REQUIRE((imb_codeword(value) >= 0) == expected);
    if (!expected) continue;
    ++valid;
    REQUIRE(imb_inverted(value) == (weight > 6));
    const auto plain = imb_characters_of_codewords()[static_cast<std::size_t>(imb_codeword(value))];
    REQUIRE((imb_inverted(value) ? plain ^ 0x1FFF : plain) == character);
  }
  CHECK(valid == 2 * kImbCodewords);
  CHECK(imb_codeword(0xFFFF) == -1);
}

TEST_CASE("Each bit of each IMb character is exactly one half-bar") {
  std::array<std::array<int, 13>, kImbCharacters> uses{};
  for (const ImbBarBits& bits : imb_bar_map()) {
    ++uses.at(bits.ascender_character).at(bits.ascender_bit);
    ++uses.at(bits.descender_character).at(bits.descender_bit);
  }
  for (const auto& character : uses) {
    for (const int count : character) CHECK(count == 1);
  }
}

TEST_CASE("Letters of bars are strict") {
  const std::string good = kVectors[0].letters;
  CHECK(to_letters(parse_imb_letters(good).value()) == good);
  CHECK_FALSE(parse_imb_letters(good.substr(1)).has_value());
  CHECK_FALSE(parse_imb_letters(good + "T").has_value());
  CHECK_FALSE(parse_imb_letters("X" + good.substr(1)).has_value());
  CHECK_FALSE(parse_imb_letters("a" + good.substr(1)).has_value());
  CHECK_FALSE(parse_imb_letters("").has_value());
}
