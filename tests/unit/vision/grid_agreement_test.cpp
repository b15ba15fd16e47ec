#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/agreement.h"
#include "vision/grid/grid.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

/// The correlation of expected and found brightness, cell by cell, in double precision.
double plain_agreement(ImageView face, const FixedPattern& pattern, const Quad& corners) {
  const GridMap map(corners, pattern.columns, pattern.rows);
  const auto n = static_cast<double>(pattern.u.size());
  double sum = 0, squares = 0, signs = 0, both = 0;
  for (std::size_t i = 0; i < pattern.u.size(); ++i) {
    const double value = brightness(face, map.face_from_module(pattern.u[i], pattern.v[i]));
    const double sign = i < pattern.darks ? -1 : 1;
    sum += value, squares += value * value, signs += sign, both += sign * value;
  }
  const double variance = squares - sum * sum / n;
  if (variance < n) return 0;
  return (both - sum * signs / n) / std::sqrt(variance * (n - signs * signs / n));
}

Frame random_face(int width, int height, std::uint32_t seed) {
  std::mt19937 random(seed);
  Frame face(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) face.row(y)[x] = static_cast<std::uint8_t>(random());
  return face;
}

TEST_CASE("A pattern that lies where it was printed agrees perfectly") {
  std::mt19937 random(1);
  for (const auto& [symbology, number] : {std::pair{Symbology::data_matrix, 13},
                                          {Symbology::data_matrix, 28},
                                          {Symbology::qr_code, 4},
                                          {Symbology::aztec, 9}}) {
    const auto matrix = draw_matrix(symbology, number, 1, random);
    REQUIRE(matrix);
    const FixedPattern& pattern = fixed_pattern(symbology, matrix->columns, matrix->rows);
    for (const float degrees : {0.0f, 3.0f, 90.0f, 187.0f}) {
      const Frame face = seen_matrix(*matrix, 5, degrees, 0, 360, 340, 1);
      const Quad right = corners_of(*matrix, 5, degrees, 360, 340);
      const float perfect = agreement(face.view(), pattern, right);
      CHECK(perfect > 0.98f);
      const Quad turned{right[1], right[2], right[3], right[0]};
      // Of a large Aztec nearly all is the same in all four directions.
      CHECK(agreement(face.view(), pattern, turned) < perfect - 0.02f);
    }
  }
}

TEST_CASE("Many cells together agree as each by itself, inside a picture and over its edge") {
  std::mt19937 random(2);
  const Frame face = random_face(301, 211, 3);
  const ImageView part = face.view().part(10, 20, 251, 171);  // rows with pixels between them
  std::uniform_real_distribution<float> any(-60, 300), little(-6, 6);
  int compared = 0;
  for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec}) {
    for (const auto& [columns, rows] : sizes_of(s)) {
      if (columns > 50) continue;
      const FixedPattern& pattern = fixed_pattern(s, columns, rows);
      for (int round = 0; round < 20; ++round) {
        const Point corner{any(random), any(random)};
        const float width = static_cast<float>(columns) * 3.1f;
        const float height = static_cast<float>(rows) * 3.1f;
        Quad corners{corner, corner + Point{width, 0}, corner + Point{width, height},
                     corner + Point{0, height}};
        for (Point& p : corners) p = p + Point{little(random), little(random)};
        for (const ImageView view : {face.view(), part}) {
          const double expected = plain_agreement(view, pattern, corners);
          const float found = agreement(view, pattern, corners);
          // Far outside all cells show edge pixels, and there is nothing to agree with.
          CHECK(found == Catch::Approx(expected).margin(0.003));
          compared += std::abs(expected) > 0.02;
        }
      }
    }
  }
  CHECK(compared > 500);
}

TEST_CASE("Where there is no contrast, or no plane to look through, nothing agrees") {
  Frame plain(200, 200);
  for (int y = 0; y < 200; ++y) std::fill_n(plain.row(y), 200, std::uint8_t{140});
  const FixedPattern& pattern = fixed_pattern(Symbology::data_matrix, 20, 20);
  const Quad square{{{50, 50}, {150, 50}, {150, 150}, {50, 150}}};
  CHECK(agreement(plain.view(), pattern, square) == 0);
  const Frame noise = random_face(200, 200, 4);
  const Quad point{{{70, 70}, {70, 70}, {70, 70}, {70, 70}}};
  const Quad line{{{20, 30}, {120, 30}, {180, 30}, {60, 30}}};
  const Quad bow_tie{{{50, 50}, {150, 150}, {150, 50}, {50, 150}}};
  const Quad far{{{-1e6f, 0}, {1e6f, 3}, {1e6f, 1e6f}, {-1e6f, 1e6f}}};
  for (const Quad& quad : {point, line, bow_tie, far}) {
    const float value = agreement(noise.view(), pattern, quad);
    CHECK(!(value > 1.001f));
    CHECK(!(value < -1.001f));
  }
}

}  // namespace
}  // namespace backstamp::vision
