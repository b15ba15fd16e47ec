// Data Matrix symbols of all shapes, from a face to their content.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "tests/unit/vision/matrix_scene.h"
#include "tests/unit/vision/no_limit.h"
#include "vision/grid/matrix.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr int kWidth_px = 1040, kHeight_px = 720;  // more than the library is shown whole
constexpr int kSquares = 24, kNumbers = 48;        // libzint's: squares, rectangles, DMRE
constexpr int kLargestSquare = 21;                 // 104 modules: larger ones do not fit

/// Letters, as many as fit.
struct Sample {
  DrawnMatrix matrix;
  Bytes content;
};

Sample sample(int number) {
  std::mt19937 random(static_cast<std::uint32_t>(number));
  Bytes content(160);
  for (auto& byte : content) byte = static_cast<std::uint8_t>('A' + random() % 26);
  for (; !content.empty(); content.pop_back())
    if (auto matrix = draw_matrix(Symbology::data_matrix, number, 0, content))
      return {std::move(*matrix), std::move(content)};
  FAIL("libzint has no such size");
  return {};
}

Frame seen(const Sample& drawn, float module_px, float degrees) {
  return seen_matrix(drawn.matrix, module_px, degrees, 2.5f, kWidth_px, kHeight_px, 7);
}

/// Whether a face's only reading is this one; anything else read is a failure.
bool reads(const Sample& drawn, float module_px, float degrees) {
  const Frame frame = seen(drawn, module_px, degrees);
  const FaceReading face = read_face(frame.view(), {});
  for (const Reading& reading : face.readings) {
    CHECK(reading.symbology == Symbology::data_matrix);
    CHECK(reading.content == drawn.content);
  }
  CHECK(face.readings.size() <= 1);
  return !face.readings.empty();
}

TEST_CASE("A Data Matrix of any size is read where its place is known") {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> off(-1, 1);
  for (int number = 1; number <= kNumbers; ++number) {
    if (number > kLargestSquare && number <= kSquares) continue;
    const Sample drawn = sample(number);
    for (const float degrees : {2.5f, 181.5f}) {
      INFO(drawn.matrix.columns << " x " << drawn.matrix.rows << " at " << degrees);
      const Frame frame = seen(drawn, 4.3f, degrees);
      const float angle = (degrees + off(random) / 4) * 3.14159265f / 180;
      OrientedBox box;
      box.center = Point{kWidth_px / 2 + off(random), kHeight_px / 2 + off(random)};
      box.along = {std::cos(angle), std::sin(angle)};
      box.width = 4.3f * static_cast<float>(drawn.matrix.columns) + off(random);
      box.height = 4.3f * static_cast<float>(drawn.matrix.rows) + off(random);
      const MatrixResult result = read_matrix(frame.view(), box, Formats::all(), test::no_limit());
      REQUIRE(result.reading);
      CHECK(result.reading->content == drawn.content);
      CHECK(result.reading->correction_margin > 0.8f);
    }
  }
}

TEST_CASE("Square Data Matrix symbols of one region and of many are read on a face") {
  for (int number = 1; number <= kLargestSquare; ++number) {
    const Sample drawn = sample(number);
    INFO(drawn.matrix.columns << " x " << drawn.matrix.rows);
    CHECK(reads(drawn, number < 2 ? 5.0f : 4.3f, -3));  // the smallest needs larger modules
  }
}

TEST_CASE("Rectangular and DMRE symbols are read on a face, however long") {
  for (int number = kSquares + 1; number <= kNumbers; ++number) {
    const Sample drawn = sample(number);
    INFO(drawn.matrix.columns << " x " << drawn.matrix.rows);
    CHECK(reads(drawn, 6, 2.5f));
    CHECK(reads(drawn, 6, 178));
    // The longest do not stand upright in the picture.
    if (drawn.matrix.columns < kHeight_px / 6 - 6) CHECK(reads(drawn, 6, 91));
  }
}

TEST_CASE("Small modules are read or not, but never as something else") {
  for (int number = 1; number <= kNumbers; ++number) {
    if (number > kLargestSquare && number <= kSquares) continue;
    const Sample drawn = sample(number);
    INFO(drawn.matrix.columns << " x " << drawn.matrix.rows);
    reads(drawn, 2.6f, 1);
    reads(drawn, 3.2f, 179);
  }
}

TEST_CASE("Aztecs and QR Codes of every size that fits are read on a face, at any angle") {
  std::mt19937 random(10);
  for (const Symbology symbology : {Symbology::aztec, Symbology::qr_code}) {
    for (int number = 1; number <= 24; ++number) {
      // Libzint's 5 to 7: full symbols of the sizes of compact ones, which no encoder chooses.
      if (symbology == Symbology::aztec && number > 4 && number < 8) continue;
      for (const float degrees : {0.0f, 3.0f, 94.0f}) {
        const auto matrix = draw_matrix(symbology, number, 2, random);
        REQUIRE(matrix);
        const Frame frame = seen_matrix(*matrix, 4.6f, degrees, 2.5f, kWidth_px, kHeight_px, 7);
        const FaceReading face = read_face(frame.view(), {});
        INFO(postal::to_string(symbology) << " of " << matrix->columns << " at " << degrees);
        CHECK(face.readings.size() == 1);
        for (const Reading& reading : face.readings) CHECK(reading.symbology == symbology);
      }
    }
  }
}

TEST_CASE("A symbol that fills a small picture to its edges is read, its outline in the picture") {
  std::mt19937 random(9);
  for (const int number : {5, 12, 17}) {  // libzint's
    const auto matrix = draw_matrix(Symbology::aztec, number, 0, random);
    REQUIRE(matrix);
    constexpr int kModule_px = 3;
    const int side_px = kModule_px * matrix->columns;
    const Frame frame = seen_matrix(*matrix, kModule_px, 0, 2.5f, side_px, side_px, 7);
    const FaceReading face = read_face(frame.view(), {});
    INFO(matrix->columns);
    REQUIRE(face.readings.size() == 1);
    CHECK(face.readings[0].symbology == Symbology::aztec);
    for (const Point& p : face.readings[0].outline) {
      CHECK(std::min(std::abs(p.x), std::abs(p.x - static_cast<float>(side_px))) < 5);
      CHECK(std::min(std::abs(p.y), std::abs(p.y - static_cast<float>(side_px))) < 5);
    }
  }
}

}  // namespace
}  // namespace backstamp::vision
