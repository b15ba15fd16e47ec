// Data Matrix symbols of all shapes, from a face to their content.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/data_matrix_sizes.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr int kWidth_px = 1040, kHeight_px = 720;  // more than the library is shown whole
constexpr int kNumbers = 48;                       // libzint's: squares, rectangles, DMRE

/// Letters and bytes, as many as fit.
std::optional<DrawnMatrix> drawn(int number, std::mt19937& random, Bytes& content) {
  for (std::size_t bytes = 160; bytes > 0; --bytes) {
    content.resize(bytes);
    for (auto& byte : content) byte = static_cast<std::uint8_t>('A' + random() % 26);
    if (auto matrix = draw_matrix(Symbology::data_matrix, number, 0, content)) return matrix;
  }
  return std::nullopt;
}

/// Reads a symbol of that number at each of the angles; every reading there is must be right.
int read_at(int number, std::initializer_list<float> angles) {
  std::mt19937 random(static_cast<std::uint32_t>(number));
  int read = 0;
  for (const float degrees : angles) {
    Bytes content;
    const auto matrix = drawn(number, random, content);
    REQUIRE(matrix);
    INFO(matrix->columns << " x " << matrix->rows << " at " << degrees);
    const Frame frame = seen_matrix(*matrix, 4.3f, degrees, 2.5f, kWidth_px, kHeight_px,
                                    static_cast<std::uint32_t>(number));
    const FaceReading face = read_face(frame.view(), {});
    for (const Reading& reading : face.readings) {
      CHECK(reading.symbology == Symbology::data_matrix);
      CHECK(reading.content == content);
    }
    CHECK(face.readings.size() <= 1);
    if (face.readings.empty())
      UNSCOPED_INFO("unread: " << matrix->columns << " x " << matrix->rows);
    read += !face.readings.empty();
  }
  return read;
}

bool is_square(int number) {
  constexpr int kSquares = 24;
  return number <= kSquares;
}

TEST_CASE("Rectangular and DMRE Data Matrix symbols are read on a face") {
  for (int number = 1; number <= kNumbers; ++number)
    if (!is_square(number)) CHECK(read_at(number, {2.5f, 178}) == 2);
}

TEST_CASE("Square Data Matrix symbols of one region and of many are read on a face") {
  constexpr int kNumberOf104 = 21;
  for (int number = 1; number <= kNumberOf104; ++number) CHECK(read_at(number, {-3}) == 1);
}

}  // namespace
}  // namespace backstamp::vision
