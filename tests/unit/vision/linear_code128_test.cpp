#include <zint.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "tests/unit/vision/linear_scene.h"
#include "vision/linear/code128_content.h"
#include "vision/linear/linear.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;
using test::Look;
using test::Modules;
using test::see;
using test::Seen;

/// Bytes of any code set: digits, letters, controls, Latin-1, mixed.
Bytes random_content(std::mt19937& random) {
  Bytes out;
  // At least three characters even of digits, which go in pairs.
  const std::size_t size = 6 + random() % 12;
  const auto kind = random() % 5;
  while (out.size() < size) {
    switch (kind) {
      case 0:
        out.push_back(static_cast<std::uint8_t>('0' + random() % 10));
        break;
      case 1:
        out.push_back(static_cast<std::uint8_t>('A' + random() % 26));
        break;
      case 2:
        out.push_back(static_cast<std::uint8_t>(1 + random() % 127));
        break;
      case 3:
        out.push_back(static_cast<std::uint8_t>(32 + random() % 95));
        break;
      default:
        out.push_back(static_cast<std::uint8_t>(random() % 4 == 0 ? 161 + random() % 94
                                                                  : 'a' + random() % 26));
    }
  }
  return out;
}

struct Score {
  int read = 0;
  int wrong = 0;
};

Score score(int symbols, std::mt19937& random, const std::function<Look()>& look) {
  Score out;
  for (int i = 0; i < symbols; ++i) {
    const Bytes content = random_content(random);
    const Seen seen = see(test::zint_modules(BARCODE_CODE128, content), look(), random);
    const LinearAttempt attempt = read_linear(seen.frame.view(), test::roughly(seen.box, random));
    if (!attempt.reading) continue;
    out.read += attempt.reading->content == content;
    out.wrong += attempt.reading->content != content;
  }
  return out;
}

float between(float a, float b, std::mt19937& random) {
  return std::uniform_real_distribution<float>(a, b)(random);
}

TEST_CASE("What libzint encodes is read, whichever way up it lies") {
  std::mt19937 random(1);
  const Score got = score(200, random, [&] {
    return Look{.module_px = between(1.8f, 6, random),
                .height_px = 30,
                .angle_deg = between(-180, 180, random),
                .noise_grey = 1};
  });
  CHECK(got.read == 200);
  CHECK(got.wrong == 0);
}

TEST_CASE("GS1 contents come without their leading FNC1, with 0x1D between fields") {
  std::mt19937 random(2);
  const Seen seen =
      see(test::zint_modules(BARCODE_GS1_128, as_bytes("[420]90210[92]12345678901234567890"), true),
          {}, random);
  const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
  REQUIRE(attempt.reading);
  CHECK(as_text(attempt.reading->content) ==
        "42090210\x1D"
        "9212345678901234567890");
}

TEST_CASE("Ordinary print on an ordinary camera is read") {
  std::mt19937 random(3);
  const Score got = score(200, random, [&] {
    return Look{.module_px = between(2.3f, 4, random),
                .angle_deg = between(-3, 3, random),
                .spread = between(-0.22f, 0.32f, random),
                .sigma_px = between(0.4f, 0.85f, random),
                .motion_px = between(0, 1.4f, random),
                .noise_grey = between(1.5f, 4, random),
                .contrast_grey = between(110, 170, random),
                .lean = between(-0.005f, 0.005f, random),
                .jitter_px = 0.2f,
                .streaks = static_cast<int>(random() % 2)};
  });
  CHECK(got.read >= 199);
  CHECK(got.wrong == 0);
}

TEST_CASE(
    "Blur wider than a module, faint ink, wrinkles and strokes are mostly read, never wrong") {
  std::mt19937 random(4);
  const Score got = score(200, random, [&] {
    return Look{.module_px = between(2.3f, 4, random),
                .angle_deg = between(-3, 3, random),
                .spread = between(-0.4f, 0.5f, random),
                .sigma_px = between(0.75f, 1.25f, random),
                .motion_px = between(0.8f, 2.8f, random),
                .noise_grey = between(3, 7, random),
                .contrast_grey = between(50, 120, random),
                .lean = between(-0.008f, 0.008f, random),
                .wrinkle = between(0, 0.01f, random),
                .jitter_px = 0.5f,
                .light = between(0, 0.3f, random),
                .streaks = static_cast<int>(random() % 5),
                .stroke_px = random() % 6 == 0 ? between(4, 20, random) : 0};
  });
  CHECK(got.read >= 190);
  CHECK(got.wrong == 0);
}

TEST_CASE("A contrast of thirty grey levels is enough on still paper") {
  std::mt19937 random(5);
  const Score got = score(60, random, [&] {
    return Look{.sigma_px = 0.8f, .noise_grey = 4, .paper_grey = 90, .contrast_grey = 30};
  });
  CHECK(got.read >= 58);
  CHECK(got.wrong == 0);
}

TEST_CASE("The outline begins at the symbol's own top left") {
  std::mt19937 random(6);
  for (const float angle : {2.0f, 92.0f, 181.0f, -88.0f, 45.0f}) {
    const Seen seen = see(test::code128_modules({104, 33, 34, 35, 36}),
                          {.module_px = 4, .angle_deg = angle}, random);
    for (const bool backwards : {false, true}) {
      OrientedBox box = seen.box;
      if (backwards) box.along = box.along * -1;
      const LinearAttempt attempt = read_linear(seen.frame.view(), box);
      REQUIRE(attempt.reading);
      const Quad corners = seen.box.corners();
      for (std::size_t i = 0; i < 4; ++i)
        CHECK(length(attempt.reading->outline[i] - corners[i]) < 2);
      CHECK(attempt.reading->symbology == Symbology::code128);
      CHECK(std::abs(attempt.reading->module_px - 4) < 0.05f);
      CHECK(attempt.reading->contrast > 0.5f);
      CHECK(attempt.reading->correction_margin > 0.9f);
    }
  }
}

TEST_CASE("A box that holds one end of a symbol is followed to the other") {
  std::mt19937 random(7);
  const Bytes content{'R', 'R', '4', '7', '3', '1', '2', '4', '8', '2', '9', 'G', 'B'};
  const Seen seen = see(test::zint_modules(BARCODE_CODE128, content), {}, random);
  for (const float shift : {-0.2f, 0.2f}) {
    OrientedBox box = seen.box;
    box.center = box.center + box.along * (shift * box.width);
    box.width *= 0.6f;
    const LinearAttempt attempt = read_linear(seen.frame.view(), box);
    REQUIRE(attempt.reading);
    CHECK(attempt.reading->content == content);
  }
}

TEST_CASE("A wrong check character is no reading and says so") {
  std::mt19937 random(8);
  for (int i = 0; i < 40; ++i) {
    // The right check character of other data.
    std::vector<int> characters{104};
    for (int k = 0; k < 8; ++k) characters.push_back(static_cast<int>(random() % 95));
    Modules modules = test::code128_modules(characters);
    std::vector<int> others = characters;
    const std::size_t at = 1 + random() % 8;
    others[at] = (characters[at] + 1 + static_cast<int>(random() % 90)) % 95;
    const Modules other = test::code128_modules(others);
    std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(at) * 11, 11,
                modules.begin() + static_cast<std::ptrdiff_t>(at) * 11);
    const Seen seen = see(modules, {.noise_grey = 2}, random);
    const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
    CHECK_FALSE(attempt.reading);
    REQUIRE(attempt.candidate);
    CHECK(attempt.candidate->cause == NoReadCause::checksum);
    CHECK(attempt.candidate->correction_margin == 0);
    CHECK(attempt.candidate->looks_like == Symbology::code128);
  }
}

TEST_CASE("A torn symbol is located and not decoded") {
  std::mt19937 random(9);
  Modules modules = test::code128_modules({105, 12, 34, 56, 78, 90, 12, 34, 56, 78});
  modules.resize(modules.size() / 2);
  const Seen seen = see(modules, {}, random);
  const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
  CHECK_FALSE(attempt.reading);
  REQUIRE(attempt.candidate);
  CHECK(attempt.candidate->cause == NoReadCause::located_not_decoded);
}

TEST_CASE("The margin falls as the picture comes nearer to doubt") {
  std::mt19937 random(12);
  const Modules modules = test::zint_modules(BARCODE_CODE128, as_bytes("RR473124829GB"));
  float before = 1.01f;
  for (const float noise : {1.0f, 8.0f, 16.0f}) {
    const Seen seen =
        see(modules, {.module_px = 2.2f, .height_px = 30, .sigma_px = 0.9f, .noise_grey = noise},
            random);
    const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
    REQUIRE(attempt.reading);
    CHECK_FALSE(attempt.reading->gs1);
    CHECK(attempt.reading->correction_margin > 0);
    CHECK(attempt.reading->correction_margin < before);
    before = attempt.reading->correction_margin;
  }
}

TEST_CASE("A GS1-128 says that it is one") {
  std::mt19937 random(13);
  const Modules modules = test::zint_modules(BARCODE_GS1_128, as_bytes("[01]04012345123456"), true);
  const Seen seen = see(modules, {.noise_grey = 2}, random);
  const LinearAttempt attempt = read_linear(seen.frame.view(), seen.box);
  REQUIRE(attempt.reading);
  CHECK(attempt.reading->gs1);
  CHECK(attempt.reading->text == "0104012345123456");
}

TEST_CASE("Boxes without sense are nothing") {
  std::mt19937 random(10);
  const Seen seen = see(test::code128_modules({104, 33, 34, 35}), {}, random);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  for (const OrientedBox& box :
       {OrientedBox{{nan, 0}, {1, 0}, 100, 50}, OrientedBox{{50, 50}, {nan, nan}, 100, 50},
        OrientedBox{{50, 50}, {0, 0}, 100, 50}, OrientedBox{{50, 50}, {1, 0}, inf, 50},
        OrientedBox{{50, 50}, {1, 0}, 100, inf}, OrientedBox{{1e30f, 1e30f}, {1, 0}, 100, 50},
        OrientedBox{{50, 50}, {1, 0}, -100, -50}, OrientedBox{{50, 50}, {1, 0}, 1e9f, 10},
        OrientedBox{{-4000, 9000}, {0.6f, 0.8f}, 300, 80}}) {
    CHECK_FALSE(read_linear(seen.frame.view(), box).reading);
    CHECK_FALSE(read_linear({}, box).reading);
  }
}

}  // namespace
}  // namespace backstamp::vision
