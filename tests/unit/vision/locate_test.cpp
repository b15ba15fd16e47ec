#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/locate/geometry.h"
#include "vision/locate/gradients.h"
#include "vision/locate/line.h"
#include "vision/locate/regions.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

Frame random_face(int width, int height, std::uint32_t seed) {
  std::mt19937 random(seed);
  Frame face(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) face.row(y)[x] = static_cast<std::uint8_t>(random());
  return face;
}

/// Paper with noise of that deviation.
Frame blank(int width, int height, float noise, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> grain(215, noise);
  Frame face(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      face.row(y)[x] = static_cast<std::uint8_t>(std::clamp(grain(random), 0.0f, 255.0f));
  return face;
}

TEST_CASE("A halved picture is the rounded mean of two by two pixels, whatever its size") {
  for (int width = 1; width < 75; width += 1) {
    const int height = 1 + width * 7 % 23;
    const Frame owner = random_face(width + 3, height, static_cast<std::uint32_t>(width));
    const ImageView face = owner.view().part(2, 0, width, height);
    Frame half = halved(face);
    REQUIRE(half.width_px() == width / 2);
    REQUIRE(half.height_px() == height / 2);
    int wrong = 0;
    for (int y = 0; y < half.height_px(); ++y)
      for (int x = 0; x < half.width_px(); ++x) {
        const int sum = face.row(2 * y)[2 * x] + face.row(2 * y)[2 * x + 1] +
                        face.row(2 * y + 1)[2 * x] + face.row(2 * y + 1)[2 * x + 1];
        wrong += half.row(y)[x] != (sum + 2) / 4;
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("The tensors of tiles are the sums of products of differences") {
  std::mt19937 random(5);
  for (int round = 0; round < 40; ++round) {
    const int width = static_cast<int>(random() % 90), height = static_cast<int>(random() % 60);
    if (width == 0 || height == 0) continue;
    Frame half = random_face(width, height, static_cast<std::uint32_t>(round));
    if (round % 4 == 0)  // the greatest sums there are
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) half.row(y)[x] = (x / 2 + y / 2) % 2 ? 255 : 0;
    const Tiles tiles = tile_tensors(half.view());
    REQUIRE(tiles.columns == std::max(0, (width - 2) / kTile_px));
    REQUIRE(tiles.rows == std::max(0, (height - 2) / kTile_px));
    REQUIRE(tiles.tensors.size() == static_cast<std::size_t>(tiles.columns * tiles.rows));
    for (int r = 0; r < tiles.rows; ++r)
      for (int c = 0; c < tiles.columns; ++c) {
        double xx = 0, yy = 0, xy = 0;
        for (int y = 1 + r * kTile_px; y <= (r + 1) * kTile_px; ++y)
          for (int x = 1 + c * kTile_px; x <= (c + 1) * kTile_px; ++x) {
            const double gx = half.row(y)[x + 1] - half.row(y)[x - 1];
            const double gy = half.row(y + 1)[x] - half.row(y - 1)[x];
            xx += gx * gx, yy += gy * gy, xy += gx * gy;
          }
        const Tensor& tensor = tiles.at(c, r);
        REQUIRE(tensor.xx == Catch::Approx(xx / 64));
        REQUIRE(tensor.yy == Catch::Approx(yy / 64));
        REQUIRE(tensor.xy == Catch::Approx(xy / 64).margin(1e-3));
        REQUIRE(tensor.energy() == Catch::Approx((xx + yy) / 64));
      }
  }
}

TEST_CASE("Stripes are coherent whichever way they lie, flat paper and noise are not") {
  for (const double degrees : {0.0, 30.0, 45.0, 90.0, 137.0}) {
    const double angle = degrees * 3.14159265 / 180;
    Frame half(34, 34);
    for (int y = 0; y < 34; ++y)
      for (int x = 0; x < 34; ++x)
        half.row(y)[x] = static_cast<std::uint8_t>(
            128 + 100 * std::sin((x * std::cos(angle) + y * std::sin(angle)) * 0.7));
    for (const Tensor& tensor : tile_tensors(half.view()).tensors)
      CHECK(tensor.coherence() > 0.95f);
  }
  Tensor sum;
  CHECK(sum.coherence() == 0);
  const Frame noise = random_face(130, 130, 8);
  for (const Tensor& tensor : tile_tensors(noise.view()).tensors) sum += tensor;
  CHECK(sum.coherence() < 0.1f);
}

TEST_CASE("Strong edges of a row are those that a look at each of its pixels finds") {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    const int width = 3 + static_cast<int>(random() % 150);
    const Frame face = random_face(width, 3, static_cast<std::uint32_t>(round));
    const ImageView picture = face.view();
    const int left = 1 + static_cast<int>(random() % static_cast<unsigned>(width - 2));
    const int step = 1 + static_cast<int>(random() % (round % 2 ? 5 : 70));
    const int first = left + static_cast<int>(random() % static_cast<unsigned>(step));
    const int least = 1 + static_cast<int>(random() % 65'535);
    std::vector<std::uint16_t> expected, columns(static_cast<std::size_t>(width) + 1);
    for (int x = first; x < width - 1; x += step) {
      const int dx = picture.row(1)[x + 1] - picture.row(1)[x - 1];
      const int dy = picture.row(2)[x] - picture.row(0)[x];
      if (dx * dx + dy * dy >= least) expected.push_back(static_cast<std::uint16_t>(x));
    }
    const int found =
        strong_edges(picture, {1, left, width - 1, first, step}, least, columns.data());
    columns.resize(static_cast<std::size_t>(found));
    REQUIRE(columns == expected);
  }
}

TEST_CASE("Gradients are Sobel's at every place, next to the edges of a picture too") {
  for (const int width : {3, 4, 19, 40}) {
    const int height = 5;
    const Frame face = random_face(width, height, static_cast<std::uint32_t>(width));
    const ImageView picture = face.view();
    std::vector<std::int32_t> offsets;
    std::vector<Gradient> expected;
    for (int y = 1; y < height - 1; ++y)
      for (int x = 1; x < width - 1; ++x) {
        Gradient sum{0, 0};
        for (int k = -1; k <= 1; ++k) {
          const int weight = k == 0 ? 2 : 1;
          sum.x += weight * (picture.row(y + k)[x + 1] - picture.row(y + k)[x - 1]);
          sum.y += weight * (picture.row(y + 1)[x + k] - picture.row(y - 1)[x + k]);
        }
        offsets.push_back(static_cast<std::int32_t>((y - 1) * picture.stride_bytes + x - 1));
        expected.push_back(sum);
      }
    std::vector<Gradient> found(offsets.size());
    gradients_at(picture.row(1) + 1, picture.stride_bytes, offsets, found.data());
    for (std::size_t i = 0; i < found.size(); ++i) {
      REQUIRE(found[i].x == expected[i].x);
      REQUIRE(found[i].y == expected[i].y);
    }
  }
}

TEST_CASE("Brightness along a line is that at each of its points") {
  const Frame owner = random_face(140, 90, 9);
  const ImageView face = owner.view().part(5, 5, 120, 70);
  std::mt19937 random(10);
  std::uniform_real_distribution<float> any(-20, 140), inside(2, 68), little(-1.5f, 1.5f);
  for (int i = 0; i < 2000; ++i) {
    const bool within = i % 2 == 0;
    const Point from =
        within ? Point{inside(random), inside(random)} : Point{any(random), any(random)};
    const Point step{little(random), little(random)};
    std::vector<float> values(1 + random() % 40);
    sample_line(face, from, step, values);
    float worst = 0;
    for (std::size_t k = 0; k < values.size(); ++k)
      worst = std::max(worst,
                       std::abs(values[k] - brightness(face, from + step * static_cast<float>(k))));
    // 1/256 of a pixel where neighbours differ by up to 255, and the rounding of up to 40 steps.
    CHECK(worst < 2.5f);
  }
  sample_line(face, {3, 3}, {1, 1}, {});
}

TEST_CASE("Nothing is located on blank paper, however grainy") {
  for (const float noise : {0.0f, 1.0f, 4.0f, 8.0f, 14.0f}) {
    const Frame face = blank(1200, 760, noise, 11);
    const Frame half = halved(face.view());
    const Locator locator(face.view(), half.view());
    INFO("noise " << noise);
    CHECK(locator.regions(Texture::matrix, {}).empty());
    CHECK(locator.regions(Texture::bars, {}).empty());
    CHECK(locator.printed() < 0.01f);
  }
}

TEST_CASE("Noise from black to white is not located over and over") {
  const Frame face = random_face(1200, 760, 12);
  const Frame half = halved(face.view());
  const Locator locator(face.view(), half.view());
  CHECK(locator.regions(Texture::matrix, {}).size() <= 2);
  CHECK(locator.regions(Texture::bars, {}).empty());
}

TEST_CASE("Pictures too small for a tile have no regions") {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {3, 400}, {400, 3}, {19, 19}}) {
    const Frame face = random_face(width, height, 13);
    const Frame half = halved(face.view());
    const Locator locator(face.view(), half.view());
    CHECK(locator.regions(Texture::matrix, {}).empty());
    CHECK(locator.regions(Texture::bars, {}).empty());
    CHECK(locator.printed() == 0);
  }
}

TEST_CASE("A matrix code is located where it lies, unless it was read before") {
  std::mt19937 random(14);
  const auto matrix = draw_matrix(Symbology::data_matrix, 13, 0, random);
  REQUIRE(matrix);
  for (const float degrees : {0.0f, 7.0f, 45.0f, 183.0f}) {
    const Frame face = seen_matrix(*matrix, 4, degrees, 2, 800, 600, 15);
    const Frame half = halved(face.view());
    const Quad corners = corners_of(*matrix, 4, degrees, 800, 600);
    const Locator locator(face.view(), half.view());
    bool found = false;
    for (const Region& region : locator.regions(Texture::matrix, {}))
      found = found || (length(region.box.center - Point{400, 300}) < 6 &&
                        std::abs(region.box.width - 4 * 44) < 12 &&
                        std::abs(region.box.height - 4 * 44) < 12);
    INFO(degrees);
    CHECK(found);
    CHECK(locator.regions(Texture::matrix, {corners}).empty());
  }
}

TEST_CASE("A clean print with hardly any blur is located at every size of module") {
  std::mt19937 random(16);
  for (const float module_px : {3.0f, 4.0f, 5.01f, 5.9f}) {
    for (int round = 0; round < 6; ++round) {
      const auto matrix = draw_matrix(Symbology::data_matrix, 13, 0, random);
      REQUIRE(matrix);
      const auto degrees = static_cast<float>(round % 3);
      const Frame face = seen_matrix(*matrix, module_px, degrees, 1, 800, 600, 17);
      const Frame half = halved(face.view());
      const auto regions = Locator(face.view(), half.view()).regions(Texture::matrix, {});
      INFO(module_px << " px, " << degrees << " degrees");
      CHECK(std::any_of(regions.begin(), regions.end(), [&](const Region& r) {
        return length(r.box.center - Point{400, 300}) < 10;
      }));
    }
  }
}

}  // namespace
}  // namespace backstamp::vision
