#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/vision/four_state_scene.h"
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

TEST_CASE("A Code 128 anywhere on a face is read by our own reader") {
  const Drawn code = test::draw_code128("12345678901234");
  for (const float angle : {0.0f, 2.0f, 33.0f, 90.0f, 180.0f}) {
    const Frame frame = face_with(code, 1.5f, angle);
    const FaceReading face = read_face(frame.view(), {});
    REQUIRE(face.readings.size() == 1);
    CHECK(face.readings[0].text == "12345678901234");
    CHECK(face.readings[0].rung == "code128");
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
