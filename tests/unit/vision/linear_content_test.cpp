#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "vision/linear/code128_content.h"
#include "vision/linear/code128_match.h"
#include "vision/linear/code128_table.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;

/// What a start and its data mean, with the right check character.
Code128Content content_of(std::vector<int> characters) {
  characters.push_back(code128_check(characters));
  return code128_content(characters);
}

std::string text_of(std::vector<int> characters) {
  const Code128Content content = content_of(std::move(characters));
  CHECK(content.cause == NoReadCause::none);
  return std::string(as_text(content.bytes));
}

TEST_CASE("Every Code 128 pattern is its own, of eleven modules and an even number of ink") {
  std::set<std::array<std::uint8_t, 6>> known;
  for (int value = 0; value < kCode128Patterns; ++value) {
    const auto& w = kCode128Widths[static_cast<std::size_t>(value)];
    CHECK(w[0] + w[1] + w[2] + w[3] + w[4] + w[5] == kCode128Modules);
    CHECK(known.insert(w).second);
    // The stop is even with its last bar too.
    CHECK((w[0] + w[2] + w[4]) % 2 == 0);
  }
}

TEST_CASE("The check character weighs each character by its place") {
  // A worked example that many texts on the code show: "PJJ123C" from start A.
  CHECK(code128_check(std::vector<int>{103, 48, 42, 42, 17, 18, 19, 35}) == 54);
  // UPU S10 "RR473124829GB" in B and C.
  CHECK(text_of({104, 50, 50, 99, 47, 31, 24, 82, 100, 25, 39, 34}) == "RR473124829GB");
}

TEST_CASE("A wrong check character is a checksum failure") {
  std::vector<int> characters{104, 33, 34, 35};
  const int right = code128_check(characters);
  characters.push_back(0);
  for (int check = 0; check < 103; ++check) {
    characters.back() = check;
    const Code128Content content = code128_content(characters);
    CHECK((content.cause == NoReadCause::none) == (check == right));
    if (check != right) CHECK(content.cause == NoReadCause::checksum);
  }
}

TEST_CASE("Code sets A, B and C, latches and shifts give the characters of the standard") {
  CHECK(text_of({103, 33, 64, 95}) == std::string("A\0\x1F", 3));
  CHECK(text_of({104, 33, 65, 95}) == std::string("Aa\x7F"));
  CHECK(text_of({105, 0, 9, 99}) == "000999");
  CHECK(text_of({105, 12, 100, 65, 101, 65, 99, 34}) ==
        "12a\x01"
        "34");
  CHECK(text_of({104, 65, 98, 65, 65}) ==
        "a\x01"
        "a");
  CHECK(text_of({103, 65, 98, 65, 65}) ==
        "\x01"
        "a\x01");
}

TEST_CASE("FNC4 turns one character, and twice all of them, into Latin-1") {
  CHECK(text_of({104, 100, 73, 73}) == "\xE9i");
  CHECK(text_of({104, 100, 100, 73, 74, 100, 73, 100, 100, 73}) == "\xE9\xEAii");
  CHECK(text_of({103, 101, 33, 33}) ==
        "\xC1"
        "A");
}

TEST_CASE("FNC1 in front says GS1 and is no content, later it separates fields") {
  const Code128Content gs1 = content_of({105, 102, 42, 3, 10, 102, 92, 12});
  CHECK(gs1.gs1);
  CHECK(as_text(gs1.bytes) ==
        "420310\x1D"
        "9212");
  // An industry's own format: a letter or two digits, then FNC1.
  CHECK(text_of({104, 33, 102, 34}) == "AB");
  CHECK(text_of({105, 12, 102, 34}) == "1234");
  CHECK(text_of({104, 33, 34, 102, 35}) ==
        "AB\x1D"
        "C");
}

TEST_CASE("What no mail holds is a format failure") {
  const std::vector<std::vector<int>> refused{{104, 97, 33, 34},   // FNC2
                                              {104, 96, 33, 34},   // FNC3
                                              {104, 33, 103, 34},  // a start among the data
                                              {104, 33, 98},       // a shift of nothing
                                              {104, 33, 98, 99},   // a shift of a latch
                                              {104, 33, 100},      // an FNC4 of nothing
                                              {105, 100, 101},     // nothing but latches
                                              {100, 33, 34, 35},   // no start
                                              {104}};
  for (const auto& characters : refused) CHECK(content_of(characters).cause == NoReadCause::format);
  CHECK(code128_content({}).cause == NoReadCause::format);
  CHECK(code128_content(std::vector<int>{104, -5, 1000}).cause == NoReadCause::format);
}

TEST_CASE("Every character is known under every blur and ink spread, clear of all others") {
  for (const float sigma : {0.2f, 0.45f, 0.6f}) {
    for (const float spread : {-0.4f, 0.0f, 0.5f}) {
      Code128Matcher matcher({sigma, spread});
      matcher.prepare(1);
      for (int value = 0; value < kCode128StartA; ++value) {
        for (const int beside : {1, 4}) {
          const Neighbours neighbours{beside, beside};
          const CharacterSamples samples =
              matcher.expected(CharacterMatch{.value = value}, neighbours);
          const CharacterMatch match = matcher.match(samples, neighbours, 0, kCode128StartA - 1);
          CHECK(match.value == value);
          CHECK(match.error < 1e-3f);
          CHECK(match.second_error > 0.05f);
          CHECK(std::abs(match.ink[0] - 1) < 0.05f);
        }
      }
    }
  }
}

}  // namespace
}  // namespace backstamp::vision
