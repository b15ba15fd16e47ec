#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/vision/four_state_scene.h"
#include "vision/ladder/stripes.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using test::Drawn;
using test::Scene;

constexpr Point kMiddle{700, 350};

/// A drawing printed in the middle of a face, blurred and noisy.
Frame face_with(const Drawn& drawn, float px_per_unit, float angle_deg) {
  std::mt19937 random(8);
  Scene scene(1400, 700);
  scene.print(drawn, kMiddle, px_per_unit, angle_deg);
  scene.blur(0.8f);
  scene.noise(4, random);
  return scene.frame();
}

OrientedBox box_of(const Drawn& drawn, float px_per_unit) {
  return {kMiddle, {1, 0}, drawn.width * px_per_unit, drawn.height * px_per_unit};
}

/// Parallel bars of one width at one pitch, as hatching and fences have them.
Drawn even_bars(int count, float pitch, float width, float height) {
  Drawn drawn;
  for (int i = 0; i < count; ++i)
    drawn.bars.push_back({static_cast<float>(i) * pitch, 0, width, height});
  drawn.width = static_cast<float>(count - 1) * pitch + width;
  drawn.height = height;
  return drawn;
}

/// The right or left part of a symbol, as after a tear.
Drawn torn(Drawn drawn, bool keep_left) {
  const float middle = drawn.width / 2;
  std::erase_if(drawn.bars,
                [&](const test::Bar& bar) { return keep_left != (bar.x + bar.width < middle); });
  return drawn;
}

TEST_CASE("A Code 128 is known by its ends, whichever way up it lies") {
  const Drawn code = test::draw_code128("12345678901234");
  for (const float angle : {0.0f, 180.0f}) {
    const Frame frame = face_with(code, 3, angle);
    const Stripes stripes = look_across(frame.view(), box_of(code, 3));
    CHECK(stripes.may_be_code128());
    CHECK(stripes.has_code128_end());
  }
}

TEST_CASE("Even bars are no linear code") {
  for (const float pitch : {8.0f, 11.0f, 17.0f}) {
    const Drawn bars = even_bars(24, pitch, 0.4f * pitch, 90);
    const Frame frame = face_with(bars, 1, 0);
    const Stripes stripes = look_across(frame.view(), box_of(bars, 1));
    CHECK_FALSE(stripes.may_be_code128());
    CHECK_FALSE(stripes.has_code128_end());
  }
}

TEST_CASE("A few bars, as of a facing mark, are no linear code") {
  Drawn mark = even_bars(9, 12.6f, 6.3f, 130);
  for (const std::size_t gone : {6u, 3u}) mark.bars.erase(mark.bars.begin() + gone);
  const Frame frame = face_with(mark, 1, 0);
  CHECK_FALSE(look_across(frame.view(), box_of(mark, 1)).may_be_code128());
}

TEST_CASE("Looking across nothing or beyond the picture finds no bars") {
  const Frame frame = Scene(300, 200).frame();
  for (const OrientedBox& box :
       {OrientedBox{{150, 100}, {1, 0}, 100, 50}, OrientedBox{{150, 100}, {1, 0}, 0, 0},
        OrientedBox{{-500, 900}, {0, 1}, 400, 400}}) {
    const Stripes stripes = look_across(frame.view(), box);
    CHECK_FALSE(stripes.may_be_code128());
    CHECK_FALSE(stripes.has_code128_end());
  }
}

TEST_CASE("Hatching, fences and facing marks on a face are nothing found") {
  for (const float angle : {0.0f, 7.0f, -31.0f}) {
    for (const float pitch : {8.0f, 11.0f, 17.0f}) {
      const Frame frame = face_with(even_bars(40, pitch, 0.4f * pitch, 90), 1, angle);
      const FaceReading face = read_face(frame.view(), {});
      CHECK(face.unread.empty());
      CHECK(face.cause == postal::NoReadCause::nothing_found);
    }
  }
}

TEST_CASE("A torn Code 128 is located and not decoded") {
  for (const bool left : {true, false}) {
    const Drawn code = torn(test::draw_code128("1234567890123456789012"), left);
    const Frame frame = face_with(code, 3, 1);
    const FaceReading face = read_face(frame.view(), {});
    CHECK(face.readings.empty());
    CHECK(face.cause == postal::NoReadCause::located_not_decoded);
    REQUIRE(face.unread.size() == 1);
    CHECK(face.unread[0].looks_like == postal::Symbology::code128);
  }
}

}  // namespace
}  // namespace backstamp::vision
