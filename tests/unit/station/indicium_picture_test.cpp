#include "station/indicium_picture.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <random>

#include "vision/decode_pool.h"

namespace {

using namespace backstamp;

vision::Frame noise(int width, int height) {
  std::mt19937 random(1);
  vision::Frame frame(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(random());
  return frame;
}

vision::Quad square(float left, float top, float side) {
  return {{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}};
}

}  // namespace

TEST_CASE("the picture of an indicium is what lies in its outline, and fits an event") {
  vision::Frame face(1000, 500);
  for (int y = 0; y < 500; ++y)
    for (int x = 0; x < 1000; ++x) face.row(y)[x] = x >= 300 && x < 500 && y >= 100 ? 30 : 220;
  const Bytes picture = station::picture_of(face.view(), square(300, 100, 200));
  REQUIRE(postal::looks_like_picture(picture));
  CHECK(picture.size() <= postal::kEvidenceBytes);
  vision::DecodePoolOptions options;
  options.program_folder = BACKSTAMP_BIN_DIR;
  auto pool = vision::DecodePool::start(options);
  REQUIRE(pool);
  const auto shown =
      pool->unpack(picture, std::chrono::steady_clock::now() + std::chrono::seconds(20));
  REQUIRE(shown);
  CHECK(shown->width_px() == 224);
  CHECK(shown->height_px() == 224);
  CHECK(shown->view().row(112)[112] < 60);
  CHECK(shown->view().row(4)[4] > 190);
}

TEST_CASE("an indicium of noise, as large as the face, fits all the same") {
  const vision::Frame face = noise(1600, 1200);
  const Bytes picture = station::picture_of(face.view(), square(0, 0, 1200));
  CHECK(picture.size() <= postal::kEvidenceBytes);
  const Bytes small = station::picture_of(face.view(), square(100, 100, 150));
  CHECK(postal::looks_like_picture(small));
  CHECK(small.size() <= postal::kEvidenceBytes);
}

TEST_CASE("an outline that is not on the picture has no picture") {
  const vision::Frame face = noise(200, 100);
  CHECK(station::picture_of(face.view(), square(500, 500, 50)).empty());
  CHECK(station::picture_of(face.view(), square(-500, -500, 50)).empty());
  const float none = std::numeric_limits<float>::quiet_NaN();
  CHECK(station::picture_of(face.view(), square(none, 1, 50)).empty());
  CHECK(station::picture_of(face.view(), square(-1e30F, 0, 1e30F)).size() <=
        postal::kEvidenceBytes);
}

TEST_CASE("pieces that are diverted with an indicium show it, all others do not") {
  postal::ScanEvent event;
  CHECK_FALSE(station::wants_picture(event));  // nothing was read
  event.verdict = postal::Verdict::forged;
  CHECK(station::wants_picture(event));
  event.verdict = postal::Verdict::genuine;
  event.reason = postal::Reason::duplicate;
  CHECK(station::wants_picture(event));
  event.decision = postal::Decision::accept;
  CHECK_FALSE(station::wants_picture(event));
}
