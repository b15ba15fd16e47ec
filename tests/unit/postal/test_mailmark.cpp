#include <catch2/catch_test_macros.hpp>
#include <random>

#include "postal/bar_letters.h"
#include "postal/codes.h"
#include "postal/mailmark_bars.h"
#include "postal/symbology.h"
#include "postal/token/code_packing.h"
#include "tests/unit/postal/random_mail.h"
#include "tests/unit/postal/zint_bars.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

struct Vector {
  const char* text;
  const char* letters;
};

// Royal Mail Mailmark barcode C and L encoding and decoding instructions, September 2015, and two
// more of libzint's tests.
constexpr Vector kVectors[]{
    {"1100000000000XY11     ",
     "TTDTTATTDTAATTDTAATTDTAATTDTTDDAATAADDATAATDDFAFTDDTAADDDTAAFDFAFF"},
    {"21B2254800659JW5O9QA6Y",
     "DAATATTTADTAATTFADDDDTTFTFDDDDFFDFDAFTADDTFFTDDATADTTFATTDAFDTFDDA"},
    {"11000000000000000XY11     ",
     "TTDTTATDDTTATTDTAATTDTAATDDTTATTDTTDATFTAATDDTAATDDTATATFAADDAATAATDDTAADFTFTA"},
    {"41038422416563762EF61AH8T ",
     "DTTFATTDDTATTTATFTDFFFTFDFDAFTTTADTTFDTFDDDTDFDDFTFAADTFDTDTDTFAATAFDDTAATTDTT"},
};

}  // namespace

TEST_CASE("The published examples of the Mailmark are encoded and decoded") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.text);
    const Mailmark code = Mailmark::parse(vector.text).value();
    CHECK(code.text() == vector.text);
    CHECK(encode_mailmark(code) == vector.letters);
    const auto decoded = decode_mailmark(vector.letters);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == code);
  }
}

TEST_CASE("A Mailmark has its fields") {
  const Mailmark code = Mailmark::parse("21B2254800659JW5O9QA6Y").value();
  CHECK(code.format == '2');
  CHECK(code.version == '1');
  CHECK(code.mail_class == 'B');
  CHECK(code.supply_chain == "22");
  CHECK(code.item == "54800659");
  CHECK(code.destination == "JW5O9QA6Y");
}

TEST_CASE("An independent encoder draws the same bars for ten thousand random Mailmarks") {
  std::mt19937_64 random(66);
  for (int i = 0; i < 10'000; ++i) {
    const Mailmark code = random_mailmark(random);
    REQUIRE(encode_mailmark(code) == letters_by_zint(BARCODE_MAILMARK, code.text()));
  }
}

TEST_CASE("Every Mailmark that is encoded is decoded to itself, and never upside down") {
  std::mt19937_64 random(78);
  for (int i = 0; i < 10'000; ++i) {
    const Mailmark code = random_mailmark(random);
    const std::string letters = encode_mailmark(code);
    const auto decoded = decode_mailmark(letters);
    REQUIRE(decoded.has_value());
    REQUIRE(*decoded == code);
    REQUIRE_FALSE(decode_mailmark(rotate_letters(letters)).has_value());
  }
}

TEST_CASE("A Mailmark with one bar of another state is refused") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 100; ++i) {
    const std::string letters = encode_mailmark(random_mailmark(random));
    for (std::size_t bar = 0; bar < letters.size(); ++bar) {
      for (const char state : {'A', 'D', 'F', 'T'}) {
        if (state == letters[bar]) continue;
        std::string changed = letters;
        changed[bar] = state;
        REQUIRE_FALSE(decode_mailmark(changed).has_value());
      }
    }
  }
}

TEST_CASE("What is no Mailmark is refused") {
  for (const char* text :
       {"", "1100000000000XY11", "5100000000000XY11     ", "1500000000000XY11     ",
        "11F0000000000XY11     ", "110A000000000XY11     ", "1100000000X00XY11     ",
        "1100000000000XY12     ", "1100000000000XY11 A   ", "21B2254800659JW5O9QC6Y",
        "21b2254800659JW5O9QA6Y", "1100000000000         "}) {
    CAPTURE(text);
    CHECK_FALSE(Mailmark::parse(text).has_value());
  }
  CHECK_FALSE(decode_mailmark("").has_value());
  CHECK_FALSE(decode_mailmark(std::string(66, 'F')).has_value());
  CHECK_FALSE(decode_mailmark(std::string(65, 'T')).has_value());
  CHECK_FALSE(decode_mailmark(std::string(66, 'X')).has_value());
}

TEST_CASE("A Mailmark identifies its piece, whatever blanks it ends with") {
  std::mt19937_64 random(10);
  for (int i = 0; i < 10'000; ++i) {
    const Mailmark code = random_mailmark(random);
    const std::string text = code.text();
    CHECK(identify(Symbology::mailmark, as_bytes(text)) == MailpieceCode(code));
    const std::string canonical_text = canonical(MailpieceCode(code));
    CHECK_FALSE(canonical_text.ends_with(' '));
    REQUIRE(parse_canonical(canonical_text).value() == MailpieceCode(code));
  }
  CHECK(canonical(MailpieceCode(Mailmark::parse("1100000000000XY11     ").value())) ==
        "mailmark:1100000000000XY11");
  for (const char* text : {"mailmark:", "mailmark:1100000000000XY11 ", "mailmark:1100000000000",
                           "mailmark:21B2254800659JW5O9QA6YZ"})
    CHECK_FALSE(parse_canonical(text).has_value());
  CHECK_FALSE(pack_code(MailpieceCode(random_mailmark(random))).has_value());
}

TEST_CASE("Bars that name an address alone identify no piece, even where they read like a code") {
  for (const Symbology symbology : {Symbology::rm4scc, Symbology::kix, Symbology::australia_post,
                                    Symbology::japan_post, Symbology::postnet, Symbology::planet})
    for (const char* text : {"RR473124829GB", "9400111899223818218407"})
      CHECK_FALSE(identify(symbology, as_bytes(text)).has_value());
}
