#include <catch2/catch_test_macros.hpp>
#include <random>

#include "postal/bar_letters.h"
#include "postal/rm4scc_bars.h"
#include "tests/unit/postal/random_mail.h"
#include "tests/unit/postal/zint_bars.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

// Calls `change` with every symbol that differs in one bar.
template <typename Change>
void for_each_changed_bar(const std::string& letters, Change change) {
  for (std::size_t bar = 0; bar < letters.size(); ++bar) {
    for (const char state : {'A', 'D', 'F', 'T'}) {
      if (state == letters[bar]) continue;
      std::string changed = letters;
      changed[bar] = state;
      change(changed);
    }
  }
}

}  // namespace

TEST_CASE("An independent encoder draws the same RM4SCC and KIX") {
  std::mt19937_64 random(4);
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = random_characters(random, 1 + random() % 18);
    REQUIRE(encode_rm4scc(text) == letters_by_zint(BARCODE_RM4SCC, text));
    REQUIRE(encode_kix(text) == letters_by_zint(BARCODE_KIX, text));
  }
}

TEST_CASE("Every RM4SCC and KIX that is encoded is decoded to itself") {
  std::mt19937_64 random(4);
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = random_characters(random, 1 + random() % 18);
    REQUIRE(decode_rm4scc(encode_rm4scc(text)).value() == text);
    REQUIRE(decode_kix(encode_kix(text)).value() == text);
    // Start and stop tell the way up; a KIX has none and reads both ways.
    REQUIRE_FALSE(decode_rm4scc(rotate_letters(encode_rm4scc(text))).has_value());
    REQUIRE(decode_kix(rotate_letters(encode_kix(text))).has_value());
  }
}

TEST_CASE("An RM4SCC or KIX with one bar of another state is refused") {
  std::mt19937_64 random(9);
  for (int i = 0; i < 100; ++i) {
    const std::string text = random_characters(random, 8);
    for_each_changed_bar(encode_rm4scc(text), [](const std::string& changed) {
      REQUIRE_FALSE(decode_rm4scc(changed).has_value());
    });
    for_each_changed_bar(encode_kix(text), [](const std::string& changed) {
      REQUIRE_FALSE(decode_kix(changed).has_value());
    });
  }
}

TEST_CASE("What is no RM4SCC and no KIX is refused") {
  for (const std::string& letters :
       {std::string(), std::string("A"), std::string("AF"), std::string("ATTFFF"),
        std::string(38, 'T'), std::string("A") + std::string(84, 'X') + "F",
        std::string(400, 'F')}) {
    CAPTURE(letters);
    CHECK_FALSE(decode_rm4scc(letters).has_value());
    CHECK_FALSE(decode_kix(letters).has_value());
  }
}

TEST_CASE("A KIX is a Dutch address") {
  const Kix kix = Kix::parse("8876HH2384XF").value();
  CHECK(kix.postcode == "8876HH");
  CHECK(kix.number == "2384");
  CHECK(kix.addition == "F");
  std::mt19937_64 random(18);
  for (int i = 0; i < 5'000; ++i) {
    const Kix one = random_kix(random);
    REQUIRE(Kix::parse(one.text()).value() == one);
    int fitting = 0;
    for (const std::string& form : kix_forms(static_cast<int>(one.text().size()))) {
      bool fits = true;
      for (std::size_t k = 0; k < form.size(); ++k)
        fits = fits && kix_set(form[k]).find(one.text()[k]) != std::string_view::npos;
      fitting += fits;
    }
    REQUIRE(fitting == 1);
  }
  for (const char* text : {"", "8876HH", "0876HH1", "8876H11", "8876HH0", "8876HH123456",
                           "8876HH1X", "8876HH1XABCDEFG", "8876HH1Y", "8876hh1", "SW1A1AA1A"}) {
    CAPTURE(text);
    CHECK_FALSE(Kix::parse(text).has_value());
  }
}
