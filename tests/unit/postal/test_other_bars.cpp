// Australia Post, Japan Post, POSTNET and PLANET between content and bars.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "postal/australia_post.h"
#include "postal/bar_letters.h"
#include "postal/japan_post.h"
#include "postal/postnet.h"
#include "tests/unit/postal/random_mail.h"
#include "tests/unit/postal/zint_bars.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

template <typename Change>
void for_each_changed_bar(const std::string& letters, std::string_view states, Change change) {
  for (std::size_t bar = 0; bar < letters.size(); ++bar) {
    for (const char state : states) {
      if (state == letters[bar]) continue;
      std::string changed = letters;
      changed[bar] = state;
      change(changed);
    }
  }
}

std::string australia_post_by_zint(const AustraliaPost& code) {
  const std::string text = code.delivery_point + code.customer;
  if (code.format == "45") return letters_by_zint(BARCODE_AUSREPLY, text);
  if (code.format == "87") return letters_by_zint(BARCODE_AUSROUTE, text);
  if (code.format == "92") return letters_by_zint(BARCODE_AUSREDIRECT, text);
  return letters_by_zint(BARCODE_AUSPOST, text);
}

}  // namespace

TEST_CASE("An independent encoder draws the same Australia Post codes") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5'000; ++i) {
    const AustraliaPost code = random_australia_post(random);
    if (code.format == "00") continue;  // libzint has no null code
    CAPTURE(code.text());
    REQUIRE(encode_australia_post(code) == australia_post_by_zint(code));
  }
}

TEST_CASE("Every Australia Post code that is encoded is decoded to itself, and never upside down") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 5'000; ++i) {
    const AustraliaPost code = random_australia_post(random);
    const std::string letters = encode_australia_post(code);
    const auto decoded = decode_australia_post(letters);
    CAPTURE(code.text(), letters);
    REQUIRE(decoded.has_value());
    REQUIRE(*decoded == code);
    REQUIRE_FALSE(decode_australia_post(rotate_letters(letters)).has_value());
  }
}

TEST_CASE("What is no Australia Post code is refused") {
  for (const char* text :
       {"", "1112345678A", "111234567", "1212345678", "5912345678", "5912345678ABCD",
        "5912345678AB.1x", "621234567812345678901234", "11123456X8", "591234567812345678 "}) {
    CAPTURE(text);
    CHECK_FALSE(AustraliaPost::parse(text).has_value());
  }
  CHECK(AustraliaPost::parse("5912345678AB#1x")->customer == "AB#1x");
  CHECK(AustraliaPost::parse("591234567812345678")->customer == "12345678");
  CHECK_FALSE(decode_australia_post("").has_value());
  CHECK_FALSE(decode_australia_post(std::string(37, 'F')).has_value());
  CHECK_FALSE(decode_australia_post(std::string(38, 'T')).has_value());
}

TEST_CASE("An independent encoder draws the same Japan Post codes") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = random_japan_post(random);
    CAPTURE(text);
    const std::string letters = encode_japan_post(text);
    REQUIRE(letters == letters_by_zint(BARCODE_JAPANPOST, text));
    REQUIRE(decode_japan_post(letters).value() == text);
    REQUIRE_FALSE(decode_japan_post(rotate_letters(letters)).has_value());
  }
}

TEST_CASE("What is no Japan Post code is refused") {
  for (const char* text : {"", "123456", "123456A", "1234567a", "1234567ABCDEFG", "1234567 12",
                           "123456712345678901234"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_japan_post(text).has_value());
  }
  CHECK(parse_japan_post("15400233-16-4-205").has_value());
  CHECK_FALSE(decode_japan_post(std::string(67, 'F')).has_value());
  CHECK_FALSE(decode_japan_post("FD").has_value());
}

TEST_CASE("An independent encoder draws the same POSTNET and PLANET") {
  std::mt19937_64 random(4);
  for (int i = 0; i < 5'000; ++i) {
    for (const TallBars kind : {TallBars::two_of_five, TallBars::three_of_five}) {
      const std::string digits = random_postnet(kind, random);
      CAPTURE(digits);
      const std::string letters = encode_postnet(kind, digits);
      const int symbology = kind == TallBars::two_of_five ? BARCODE_POSTNET : BARCODE_PLANET;
      REQUIRE(letters == letters_by_zint(symbology, digits));
      REQUIRE(decode_postnet(kind, letters).value() == digits);
      const TallBars other =
          kind == TallBars::two_of_five ? TallBars::three_of_five : TallBars::two_of_five;
      REQUIRE_FALSE(decode_postnet(other, letters).has_value());
    }
  }
}

TEST_CASE("A code with one bar of another state is refused") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 50; ++i) {
    for_each_changed_bar(encode_australia_post(random_australia_post(random)), "ADFT",
                         [](const std::string& changed) {
                           REQUIRE_FALSE(decode_australia_post(changed).has_value());
                         });
    for_each_changed_bar(
        encode_japan_post(random_japan_post(random)), "ADFT",
        [](const std::string& changed) { REQUIRE_FALSE(decode_japan_post(changed).has_value()); });
    for (const TallBars kind : {TallBars::two_of_five, TallBars::three_of_five})
      for_each_changed_bar(encode_postnet(kind, random_postnet(kind, random)), "ADFT",
                           [&](const std::string& changed) {
                             REQUIRE_FALSE(decode_postnet(kind, changed).has_value());
                           });
  }
}
