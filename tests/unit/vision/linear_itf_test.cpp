#include <zint.h>

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/vision/linear_scene.h"
#include "vision/linear/itf.h"
#include "vision/linear/itf_match.h"
#include "vision/linear/linear.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;
using test::Look;
using test::Modules;
using test::see;
using test::Seen;

std::string random_digits(std::size_t count, std::mt19937& random) {
  std::string out;
  while (out.size() < count) out += static_cast<char>('0' + random() % 10);
  return out;
}

/// Random digits with the check digit of Deutsche Post.
std::string post_code(std::size_t count, std::mt19937& random) {
  std::string out = random_digits(count - 1, random) + '0';
  while (!has_post_check_digit(out)) ++out.back();
  return out;
}

/// As Interleaved 2 of 5, wide elements of `wide` quarters, in quarters of a module.
Modules draw(const std::string& digits, int wide) {
  std::vector<int> widths{4, 4, 4, 4};
  for (std::size_t i = 0; i < digits.size(); i += 2)
    for (const int width : itf_widths((digits[i] - '0') * 10 + digits[i + 1] - '0', wide))
      widths.push_back(width);
  widths.insert(widths.end(), {wide, 4, 4});
  return test::modules_of(widths);
}

float between(float a, float b, std::mt19937& random) {
  return std::uniform_real_distribution<float>(a, b)(random);
}

TEST_CASE("The check digit is that of Deutsche Post's published examples") {
  CHECK(has_post_check_digit("21348075016401"));
  CHECK(has_post_check_digit("563102430313"));
  for (char wrong = '0'; wrong <= '9'; ++wrong) {
    CHECK(has_post_check_digit(std::string("2134807501640") + wrong) == (wrong == '1'));
    CHECK(has_post_check_digit(std::string("56310243031") + wrong) == (wrong == '3'));
  }
  CHECK_FALSE(has_post_check_digit(""));
  CHECK_FALSE(has_post_check_digit("1"));
}

TEST_CASE("Leitcode and Identcode as libzint draws them are read either way up") {
  std::mt19937 random(31);
  for (const auto& [symbology, data, content] :
       {std::tuple{BARCODE_DPLEIT, "2134807501640", "21348075016401"},
        std::tuple{BARCODE_DPIDENT, "56310243031", "563102430313"}}) {
    for (const float angle : {1.0f, 179.0f, 90.5f}) {
      const Seen seen = see(test::zint_modules(symbology, as_bytes(data)),
                            {.angle_deg = angle, .noise_grey = 2}, random);
      const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
      REQUIRE(attempt.reading);
      CHECK(attempt.reading->symbology == Symbology::itf);
      CHECK(as_text(attempt.reading->content) == content);
      for (std::size_t i = 0; i < 4; ++i)
        CHECK(length(attempt.reading->outline[i] - seen.box.corners()[i]) < 3);
    }
  }
}

TEST_CASE("Ordinary print is read at any width of the wide elements, never wrongly") {
  std::mt19937 random(32);
  int read = 0, wrong = 0;
  constexpr int kSymbols = 150;
  for (int i = 0; i < kSymbols; ++i) {
    const std::string digits = post_code(i % 2 ? 14 : 12, random);
    const Seen seen = see(draw(digits, 8 + static_cast<int>(random() % 5)),
                          {.module_px = between(2.6f, 4.2f, random) / 4,
                           .height_px = 60,
                           .angle_deg = between(-3, 3, random),
                           .spread = between(-0.2f, 0.3f, random) * 4,
                           .sigma_px = between(0.4f, 0.85f, random),
                           .motion_px = between(0, 1.4f, random),
                           .noise_grey = between(1.5f, 4, random),
                           .lean = between(-0.005f, 0.005f, random),
                           .jitter_px = 0.2f},
                          random);
    const LinearAttempt attempt = read_linear(seen.frame.view(), test::roughly(seen.box, random));
    if (!attempt.reading) continue;
    read += as_text(attempt.reading->content) == digits;
    wrong += as_text(attempt.reading->content) != digits;
  }
  CHECK(read >= kSymbols - 3);
  CHECK(wrong == 0);
}

TEST_CASE("A wrong check digit is no reading and says so") {
  std::mt19937 random(33);
  std::string digits = post_code(14, random);
  digits[3] = static_cast<char>('0' + (digits[3] - '0' + 1) % 10);
  const Seen seen = see(draw(digits, 12), {.module_px = 0.9f}, random);
  const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
  CHECK_FALSE(attempt.reading);
  REQUIRE(attempt.candidate);
  CHECK(attempt.candidate->cause == NoReadCause::checksum);
  CHECK(attempt.candidate->correction_margin == 0);
  CHECK(attempt.candidate->looks_like == Symbology::itf);
}

TEST_CASE("Other lengths, and parts of longer symbols, are not read") {
  std::mt19937 random(34);
  for (int i = 0; i < 60; ++i) {
    // The part of a longer symbol that a skewed scan would see, with a check digit that is right.
    const std::size_t size = i % 2 ? 14 : 12;
    const std::string digits = random_digits(4, random) + post_code(size, random);
    const Seen seen = see(draw(digits, 12), {.module_px = 0.8f, .height_px = 24}, random);
    OrientedBox box = seen.box;
    CHECK_FALSE(read_linear(seen.frame.view(), box).reading);
    box.width *= 0.8f;
    box.center = box.center + box.along * (0.12f * seen.box.width);
    CHECK_FALSE(read_linear(seen.frame.view(), box).reading);
  }
}

TEST_CASE("What is not asked for is not read") {
  std::mt19937 random(35);
  const Seen itf = see(draw(post_code(14, random), 12), {.module_px = 0.9f}, random);
  CHECK(read_linear(itf.frame.view(), itf.box, {.code128 = false, .itf = true}).reading);
  CHECK_FALSE(read_linear(itf.frame.view(), itf.box, {.code128 = true, .itf = false}).reading);
  const Seen code = see(test::code128_modules({104, 33, 34, 35, 36}), {}, random);
  CHECK(read_linear(code.frame.view(), code.box, {.code128 = true, .itf = false}).reading);
  CHECK_FALSE(read_linear(code.frame.view(), code.box, {.code128 = false, .itf = true}).reading);
}

}  // namespace
}  // namespace backstamp::vision
