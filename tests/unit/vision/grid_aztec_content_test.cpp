// What Aztecs say, against libzint's drawings.
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <string_view>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/words/aztec_content.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

/// What a drawn symbol spells, its modules taken as they are.
std::optional<AztecContent> spelled(const DrawnMatrix& matrix) {
  const auto layout = word_layout(Symbology::aztec, matrix.columns, matrix.rows, matrix.soft());
  REQUIRE(layout);
  return spell_aztec(*layout, matrix.dark);
}

void check_spelling(const Bytes& content) {
  for (const int number : {12, 20, 30}) {  // libzint's: 8, 16 and 26 layers; words of 8 to 12 bits
    const auto matrix = draw_matrix(Symbology::aztec, number, 0, content);
    if (!matrix) continue;
    const auto found = spelled(*matrix);
    REQUIRE(found);
    CHECK(found->bytes == content);
    CHECK_FALSE(found->gs1);
    return;
  }
  FAIL("libzint draws no such Aztec");
}

Bytes bytes_of(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

TEST_CASE("Text of every table of an Aztec is spelled") {
  for (const char* text :
       {"A", "HELLO WORLD", "hello world", "Hello World, 12.5 for 7", "0123456789,.012345",
        "a!b\"c#d$e%f&g'h(i)j*k+l,m-n.o/p:q;r<s=t>u?v[w]x{y}z", "ab@cd\\ef^gh_ij`kl|mn~op",
        "one. Two, three: four\r\nfive", "\x01\x02\x0d\x1b\x1c\x1e\x1f\x7f", "X1Y2Z3 a1b2c3 A.B.C",
        "MiXeD cAsE 1a2B3c"}) {
    INFO(text);
    check_spelling(bytes_of(text));
  }
}

TEST_CASE("Bytes of any number and value are spelled by an Aztec, a first 0x1D among them") {
  std::mt19937 random(31);
  for (const std::size_t count : {1u, 2u, 30u, 31u, 32u, 61u, 62u, 63u, 64u, 120u, 300u, 700u}) {
    for (int round = 0; round < 4; ++round) {
      Bytes content(count);
      for (auto& byte : content) byte = static_cast<std::uint8_t>(0x80 + random() % 128);
      if (round == 1) content[0] = 0x1D;
      if (round == 2) content.assign(count, 0);
      if (round == 3) content.assign(count, 0xFF);
      INFO(count << " bytes, round " << round);
      check_spelling(content);
    }
  }
}

TEST_CASE("Mixed text and bytes are spelled as they were put into an Aztec") {
  std::mt19937 random(32);
  constexpr std::string_view kLetters = "ABCabcxyz019 .,:\r\n!?@_|~";
  for (int round = 0; round < 200; ++round) {
    Bytes content(1 + random() % 90);
    for (auto& byte : content)
      byte = random() % 5 == 0 ? static_cast<std::uint8_t>(random())
                               : static_cast<std::uint8_t>(kLetters[random() % kLetters.size()]);
    INFO("round " << round);
    check_spelling(content);
  }
}

TEST_CASE("Words that are no Aztec's content are refused, never read past their end") {
  std::mt19937 random(33);
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    auto matrix = draw_matrix(Symbology::aztec, 3, 0, bytes_of("SOME TEXT THAT FILLS IT"));
    REQUIRE(matrix);
    const auto layout =
        word_layout(Symbology::aztec, matrix->columns, matrix->rows, matrix->soft());
    REQUIRE(layout);
    for (const std::uint16_t module : layout->modules)
      matrix->dark[module] = static_cast<std::uint8_t>(random() % 2);
    const auto found = spell_aztec(*layout, matrix->dark);
    refused += !found;
    if (found) CHECK(found->bytes.size() <= 2 * layout->modules.size());
  }
  CHECK(refused > 100);
}

}  // namespace
}  // namespace backstamp::vision
