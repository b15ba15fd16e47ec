#include "vision/repair.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>

#include "vision/pool/wire.h"

namespace backstamp::vision {
namespace {

TEST_CASE("What nobody configured is allowed, and keeps the chances that it states") {
  const RepairLimits limits;
  CHECK(limits.valid());
  const auto bits = [&](std::size_t i) {
    const RepairLimit& limit = repair_limits()[i];
    return limit.chance_bits(limits.*limit.value);
  };
  CHECK((bits(0) > 32 && bits(0) < 33));  // 160 · 2^-40
  CHECK((bits(1) > 33 && bits(1) < 34));  // (160 · 2^-24)²
  CHECK((bits(2) > 11 && bits(2) < 12));  // 24 · 2^-16
  CHECK((bits(3) > 24 && bits(3) < 25));  // 42 · 929^-3
  CHECK((bits(4) > 21 && bits(4) < 22));  // 6 · 2^-24
  for (const RepairLimit& limit : repair_limits()) {
    CHECK(limit.chance_bits(limit.least_allowed()) >= kCeilingBits);
    if (limit.least_allowed() > limit.least)
      CHECK(limit.chance_bits(limit.least_allowed() - 1) < kCeilingBits);
  }
}

TEST_CASE("Limits are named in a list; the others stay") {
  const auto limits = RepairLimits::parse("matrix_words=8,four_state_bars=0");
  REQUIRE(limits);
  CHECK(*limits == RepairLimits{.matrix_words = 8, .four_state_bars = 0});
  CHECK(RepairLimits::parse("pdf417_words=1"));
}

TEST_CASE("A limit that takes the chance above the ceiling is refused with the ceiling") {
  for (const auto& [list, wanted] :
       {std::pair{"matrix_words=2",
                  "matrix_words: wanted 3 to 30 (less lets a damaged symbol pass "
                  "for another content more than once in 2048), found '2'"},
        {"matrix_bits=15", "matrix_bits: wanted 16 to 64 (less"},
        {"pdf417_words=0", "pdf417_words: wanted 1 to 64 (less"},
        {"matrix_words_of_several=1", "matrix_words_of_several: wanted 2 to 30 (less"},
        {"four_state_bits=17", "four_state_bits: wanted 0 to 16, found '17'"}}) {
    const auto limits = RepairLimits::parse(list);
    REQUIRE_FALSE(limits);
    CHECK(limits.error().message.starts_with(wanted));
  }
}

TEST_CASE("What is no list of limits is refused") {
  for (const char* list :
       {"", "matrix_words", "matrix_words=", "matrix_words=x", "matrix_words=5x", "matrix_words= 5",
        "words=5", "matrix_words=5,", "matrix_words=99999999999"})
    CHECK_FALSE(RepairLimits::parse(list));
  CHECK(RepairLimits::parse("words=5").error().message.find("known: matrix_words, ") !=
        std::string::npos);
}

TEST_CASE("Limits survive the way to a worker, which believes none that are not allowed") {
  const RepairLimits limits{.matrix_words = 7,
                            .matrix_words_of_several = 4,
                            .matrix_bits = 24,
                            .pdf417_words = 3,
                            .four_state_bits = 2,
                            .four_state_bars = 5};
  CHECK(decode_repair(encode_repair(limits)) == limits);
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, kRepairLimits> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const auto decoded = decode_repair(bytes);
    refused += !decoded;
    if (decoded) CHECK(decoded->valid());
  }
  CHECK(refused > 900);
}

}  // namespace
}  // namespace backstamp::vision
