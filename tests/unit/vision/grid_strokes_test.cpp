// Symbols under a postmark's strokes.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/matrix.h"
#include "vision/grid/strokes/strokes.h"
#include "vision/grid/strokes/transmittance.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr int kSide_px = 420;
constexpr float kModule_px = 4.4f;

/// Wavy strokes, as wide as a module, that let a share of the light through.
struct Waves {
  float through = 0.3f;
  float apart_px = 26, high_px = 11, long_px = 260;
  bool upright = false;  ///< they run down the picture

  float at(float x, float y) const {
    if (upright) std::swap(x, y);
    const float middle = high_px * std::sin(x * 6.2831853f / long_px);
    const float off = std::abs(std::remainder(y - middle, apart_px)) - kModule_px / 2;
    return 1 - (1 - through) * std::clamp(0.5f - off, 0.0f, 1.0f);
  }
};

void strike(Frame& face, const Waves& waves) {
  for (int y = 0; y < face.height_px(); ++y)
    for (int x = 0; x < face.width_px(); ++x)
      face.row(y)[x] = static_cast<std::uint8_t>(
          static_cast<float>(face.row(y)[x]) *
          waves.at(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f));
}

OrientedBox box_of(const Quad& corners) {
  OrientedBox box;
  box.center = (corners[0] + corners[2]) * 0.5f;
  box.width = length(corners[1] - corners[0]);
  box.height = length(corners[3] - corners[0]);
  box.along = (corners[1] - corners[0]) * (1 / box.width);
  return box;
}

DrawnMatrix drawn(Symbology symbology, int number, const Bytes& content) {
  auto matrix = draw_matrix(symbology, number, 2, content);
  REQUIRE(matrix);
  return *matrix;
}

Bytes letters(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes content(count);
  for (auto& byte : content) byte = static_cast<std::uint8_t>('A' + random() % 26);
  return content;
}

struct Kind {
  Symbology symbology;
  int number;
  std::size_t bytes;
};
constexpr Kind kKinds[] = {
    {Symbology::data_matrix, 12, 140}, {Symbology::qr_code, 6, 90}, {Symbology::aztec, 12, 100}};

TEST_CASE("Matrix codes under strokes as wide as a module are read, whichever way these run") {
  for (const Kind& kind : kKinds) {
    const Bytes content = letters(kind.bytes, 3);
    const DrawnMatrix matrix = drawn(kind.symbology, kind.number, content);
    for (const float degrees : {2.0f, 184.0f}) {
      for (const bool upright : {false, true}) {
        INFO(matrix.columns << " modules, " << degrees << " degrees, upright " << upright);
        Frame face = seen_matrix(matrix, kModule_px, degrees, 3, kSide_px, kSide_px, 5);
        strike(face, {.upright = upright});
        const Quad corners = corners_of(matrix, kModule_px, degrees, kSide_px, kSide_px);
        Effort effort;
        const MatrixResult result =
            read_matrix(face.view(), box_of(corners), Formats::all(), effort);
        REQUIRE(result.reading);
        CHECK(result.reading->content == content);
        CHECK(result.reading->symbology == kind.symbology);
      }
    }
  }
}

TEST_CASE("A symbol that is read only because its strokes are taken off says so") {
  const Bytes content = letters(140, 4);
  const DrawnMatrix matrix = drawn(Symbology::data_matrix, 12, content);
  Frame face = seen_matrix(matrix, kModule_px, 1, 3, kSide_px, kSide_px, 5);
  strike(face, {.through = 0.25f, .apart_px = 21});
  const Quad corners = corners_of(matrix, kModule_px, 1, kSide_px, kSide_px);
  Effort effort;
  const MatrixResult result = read_matrix(face.view(), box_of(corners), Formats::all(), effort);
  REQUIRE(result.reading);
  CHECK(result.reading->content == content);
  CHECK(result.reading->rung == "grid-strokes");
}

TEST_CASE("What strokes let through is measured under them") {
  const DrawnMatrix matrix = drawn(Symbology::data_matrix, 12, letters(140, 5));
  Frame face = seen_matrix(matrix, kModule_px, 0, 2, kSide_px, kSide_px, 5);
  const Waves waves{.through = 0.4f};
  strike(face, waves);
  const Quad corners = corners_of(matrix, kModule_px, 0, kSide_px, kSide_px);
  const FixedPattern& pattern = fixed_pattern(Symbology::data_matrix, matrix.columns, matrix.rows);
  const Patch patch = straighten(face.view(), pattern, corners);
  const Transmittance found = transmittance_of(patch, course_of(patch, false));
  float on = 0, off = 0;
  int ons = 0, offs = 0;
  const auto height = static_cast<int>(patch.height());
  for (int x = 0; x < patch.columns * kFine; ++x) {
    for (int y = 0; y < height; ++y) {
      const float pitch = kModule_px / kFine;
      const float truth =
          waves.at(corners[0].x + (static_cast<float>(x) + 0.5f - kAround * kFine) * pitch,
                   corners[0].y + (static_cast<float>(y) + 0.5f - kAround * kFine) * pitch);
      const float mean = found.mean[static_cast<std::size_t>(x * height + y)];
      if (truth < 0.45f) on += mean, ++ons;
      if (truth > 0.95f) off += mean, ++offs;
    }
  }
  CHECK(on / static_cast<float>(ons) < 0.55f);
  CHECK(off / static_cast<float>(offs) > 0.85f);
}

TEST_CASE("Modules under strokes are told apart where each alone is too dark") {
  const DrawnMatrix matrix = drawn(Symbology::data_matrix, 12, letters(140, 6));
  Frame face = seen_matrix(matrix, kModule_px, 0, 3, kSide_px, kSide_px, 5);
  strike(face, {});
  const Quad corners = corners_of(matrix, kModule_px, 0, kSide_px, kSide_px);
  const FixedPattern& pattern = fixed_pattern(Symbology::data_matrix, matrix.columns, matrix.rows);
  const auto wrong = [&](const Modules& modules) {
    const std::vector<float> soft = soft_modules(modules, pattern, 0.15f);
    int count = 0;
    for (std::size_t i = 0; i < soft.size(); ++i) count += (soft[i] > 0) != (matrix.dark[i] != 0);
    return count;
  };
  const auto lifted = lift_strokes(face.view(), pattern, corners);
  REQUIRE(lifted);
  CHECK(lifted->plain);
  CHECK(lifted->modules.trust.size() == lifted->modules.values.size());
  const int before = wrong(sample_modules(face.view(), pattern, corners));
  CHECK(before > 30);
  CHECK(wrong(lifted->modules) < before / 5);
}

TEST_CASE("Symbols beyond repair under strokes give no content") {
  std::mt19937 random(7);
  for (const Kind& kind : kKinds) {
    for (std::uint32_t seed = 0; seed < 6; ++seed) {
      DrawnMatrix matrix = drawn(kind.symbology, kind.number, letters(kind.bytes, seed));
      const FixedPattern& pattern = fixed_pattern(kind.symbology, matrix.columns, matrix.rows);
      std::vector<bool> fixed(matrix.dark.size(), false);
      for (const FixedPattern::Cell& cell : pattern.cells)
        if (cell.column >= 0 && cell.row >= 0 && cell.column < matrix.columns &&
            cell.row < matrix.rows)
          fixed[static_cast<std::size_t>(cell.row * matrix.columns + cell.column)] = true;
      for (std::size_t i = 0; i < matrix.dark.size(); ++i)
        if (!fixed[i] && random() % 4 == 0) matrix.dark[i] ^= 1;
      Frame face = seen_matrix(matrix, kModule_px, 1, 3, kSide_px, kSide_px, seed);
      strike(face, {});
      const Quad corners = corners_of(matrix, kModule_px, 1, kSide_px, kSide_px);
      Effort effort;
      const MatrixResult result =
          read_matrix(face.view(), box_of(corners), Formats::all(), effort);
      CHECK_FALSE(result.reading);
      CHECK(result.candidate);
    }
  }
}

TEST_CASE("Strokes of any picture, and patches over its edge, are harmless") {
  std::mt19937 random(8);
  Frame face(90, 70);
  for (int y = 0; y < 70; ++y)
    for (int x = 0; x < 90; ++x) face.row(y)[x] = static_cast<std::uint8_t>(random());
  const FixedPattern& pattern = fixed_pattern(Symbology::data_matrix, 40, 40);
  for (const Quad& corners : {Quad{Point{-50, -50}, {200, -40}, {210, 190}, {-40, 200}},
                              Quad{Point{10, 10}, {60, 12}, {58, 60}, {12, 58}},
                              Quad{Point{30, 30}, {30, 30}, {30, 30}, {30, 30}}}) {
    const auto lifted = lift_strokes(face.view(), pattern, corners);
    if (!lifted) continue;
    for (const float value : lifted->modules.values) CHECK(std::isfinite(value));
    for (const float trust : lifted->modules.trust) CHECK((trust >= 0 && trust <= 1));
  }
}

}  // namespace
}  // namespace backstamp::vision
