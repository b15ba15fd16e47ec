#include <zint.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/vision/linear_scene.h"
#include "vision/linear/code128_table.h"
#include "vision/linear/linear.h"

namespace backstamp::vision {
namespace {

using test::Look;
using test::Modules;
using test::see;
using test::Seen;

std::string digits(std::size_t count, std::mt19937& random) {
  std::string out;
  while (out.size() < count) out += static_cast<char>('0' + random() % 10);
  return out;
}

/// Low, so that thousands can be drawn; from sharp to worse than a camera gives.
Look any_look(std::mt19937& random) {
  const auto uniform = [&](float a, float b) {
    return std::uniform_real_distribution<float>(a, b)(random);
  };
  return {.module_px = uniform(2, 4.5f),
          .height_px = 16,
          .angle_deg = uniform(-2, 2),
          .spread = uniform(-0.3f, 0.4f),
          .sigma_px = uniform(0.4f, 1.6f),
          .motion_px = uniform(0, 3),
          .noise_grey = uniform(0, 4)};
}

int readings(const Modules& modules, std::mt19937& random) {
  const Seen seen = see(modules, any_look(random), random);
  return read_linear(seen.frame.view(), test::roughly(seen.box, random)).reading.has_value();
}

TEST_CASE("Labels of shops are no linear code of the post") {
  std::mt19937 random(21);
  int wrong = 0;
  for (int i = 0; i < 400; ++i) {
    wrong += readings(test::zint_modules(BARCODE_EANX, as_bytes(digits(12, random))), random);
    wrong += readings(test::zint_modules(BARCODE_UPCA, as_bytes(digits(11, random))), random);
    wrong += readings(
        test::zint_modules(BARCODE_C25INTER, as_bytes(digits(i % 2 ? 10 : 16, random))), random);
    wrong += readings(test::zint_modules(BARCODE_CODE39, as_bytes(digits(8, random))), random);
  }
  CHECK(wrong == 0);
}

TEST_CASE("Rows of a PDF417 are no linear code of the post") {
  std::mt19937 random(22);
  int wrong = 0;
  for (int i = 0; i < 400; ++i)
    wrong += readings(test::zint_modules(BARCODE_PDF417, as_bytes(digits(60, random)), false,
                                         static_cast<int>(random() % 5)),
                      random);
  CHECK(wrong == 0);
}

TEST_CASE("4-state rows, hatching and random bars are no linear code of the post") {
  std::mt19937 random(23);
  int wrong = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<int> even, any;
    for (int k = 0; k < 40; ++k) {
      even.insert(even.end(), {1, 1 + static_cast<int>(random() % 20 == 0)});
      any.insert(any.end(),
                 {1 + static_cast<int>(random() % 4), 1 + static_cast<int>(random() % 4)});
    }
    wrong += readings(test::modules_of(even), random);
    wrong += readings(test::modules_of(any), random);
  }
  CHECK(wrong == 0);
}

TEST_CASE("Random modules between a right start and a right stop are no linear code of the post") {
  std::mt19937 random(24);
  int wrong = 0;
  for (int i = 0; i < 1000; ++i) {
    Modules modules = test::code128_modules({104, 1, 2, 3, 4, 5, 6});
    const std::size_t end = modules.size() - kCode128StopModules;
    for (std::size_t k = 12; k < end - 1; ++k) modules[k] = random() % 2 != 0;
    wrong += readings(modules, random);
  }
  CHECK(wrong == 0);
}

TEST_CASE("Right characters with another check character are never read as others") {
  std::mt19937 random(25);
  int wrong = 0;
  for (int i = 0; i < 600; ++i) {
    std::vector<int> characters{105};
    for (int k = 0; k < 8; ++k) characters.push_back(static_cast<int>(random() % 100));
    const Modules right = test::code128_modules(characters);
    Modules modules = right;
    characters[1 + random() % 8] = static_cast<int>(random() % 100);
    const Modules other = test::code128_modules(characters);
    const std::ptrdiff_t check = 9 * kCode128Modules;
    std::copy_n(other.begin() + check, kCode128Modules, modules.begin() + check);
    if (modules != right) wrong += readings(modules, random);
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace backstamp::vision
