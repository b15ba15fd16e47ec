#include "vision/ladder/facing_mark.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <string>

#include "tests/unit/vision/four_state_scene.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {
namespace {

constexpr int kWidth_px = 1900, kHeight_px = 840;  // a #10 envelope at 8 px/mm
constexpr float kPitch_px = 12.7f;                 // a sixteenth of an inch there

/// USPS Domestic Mail Manual 708.9, bars at nine places.
test::Drawn fim(const std::string& places) {
  test::Drawn drawn;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i] == '1') drawn.bars.push_back({static_cast<float>(i), 0, 0.5f, 10});
  drawn.width = 8.5f;
  drawn.height = 10;
  return drawn;
}

const std::pair<char, std::string> kMarks[] = {{'A', "110010011"},
                                               {'B', "101101101"},
                                               {'C', "110101011"},
                                               {'D', "111010111"},
                                               {'E', "101000101"}};

struct Place {
  Point centre;
  bool upside_down;
};
const Place kPlaces[] = {{{1500, 90}, false}, {{400, kHeight_px - 90}, true}};

std::optional<FacingMark> found_on(const test::Scene& scene) {
  const Frame face = scene.frame();
  const Frame half = halved(face.view());
  return find_facing_mark(half.view());
}

TEST_CASE(
    "Each FIM is told, with the way up of the face, through blur, noise, skew and light that falls "
    "off") {
  std::mt19937 random(1);
  for (const auto& [kind, places] : kMarks) {
    for (const Place& place : kPlaces) {
      for (const float degrees : {-5.0f, -1.0f, 0.0f, 4.0f}) {
        INFO(kind << " at " << degrees << (place.upside_down ? ", upside down" : ""));
        test::Scene scene(kWidth_px, kHeight_px);
        scene.print(fim(places), place.centre, kPitch_px, degrees);
        scene.uneven_light(0.4f);
        scene.blur(0.9f);
        scene.motion(2);
        scene.noise(5, random);
        const auto mark = found_on(scene);
        REQUIRE(mark);
        CHECK(mark->kind == kind);
        CHECK(mark->upside_down == place.upside_down);
        float x = 0, y = 0;
        for (const Point& corner : mark->outline) x += corner.x / 4, y += corner.y / 4;
        CHECK(std::hypot(x - place.centre.x, y - place.centre.y) < 14);
      }
    }
  }
}

TEST_CASE("A FIM is found at 300 dpi too") {
  test::Scene scene(2800, 1240);
  scene.print(fim(kMarks[3].second), {2200, 140}, 18.75f, 1);
  CHECK(found_on(scene));
}

TEST_CASE("A FIM in the middle of the face, or at the wrong edge, is none") {
  for (const Point centre : {Point{950, 420}, Point{300, 90}, Point{1700, kHeight_px - 90}}) {
    test::Scene scene(kWidth_px, kHeight_px);
    scene.print(fim(kMarks[3].second), centre, kPitch_px, 0);
    CHECK_FALSE(found_on(scene));
  }
}

TEST_CASE("Bars that are no FIM are none: even ones, one too many, one out of place, low ones") {
  for (const char* places : {"111111111", "1110101111", "101010101", "111001111", "110110011"}) {
    INFO(places);
    test::Scene scene(kWidth_px, kHeight_px);
    scene.print(fim(places), kPlaces[0].centre, kPitch_px, 0);
    CHECK_FALSE(found_on(scene));
  }
  test::Drawn low = fim(kMarks[3].second);
  for (test::Bar& bar : low.bars) bar.height = 3;
  test::Scene scene(kWidth_px, kHeight_px);
  scene.print(low, kPlaces[0].centre, kPitch_px, 0);
  CHECK_FALSE(found_on(scene));
}

TEST_CASE("Text, 4-state rows and linear codes hold no FIM") {
  std::mt19937 random(2);
  for (int i = 0; i < 8; ++i) {
    test::Scene scene(kWidth_px, kHeight_px);
    for (int line = 0; line < 12; ++line)
      scene.text_line({700, 30.0f + 20 * static_cast<float>(line)}, 1100,
                      6 + static_cast<float>(random() % 9), random);
    const auto digits = test::random_digits(random);
    scene.print(test::draw_imb(digits.tracking, digits.routing), {400, 700}, 9, 180);
    scene.print(test::draw_code128("98765432109876543210"), {700, 780},
                2.5f + 0.3f * static_cast<float>(i), 0);
    CHECK_FALSE(found_on(scene));
  }
}

TEST_CASE("Pictures too small to hold one are none") {
  for (const int side : {0, 1, 2, 40, 90}) {
    Frame small(std::max(side, 1), std::max(side, 1));
    for (int y = 0; y < small.height_px(); ++y)
      for (int x = 0; x < small.width_px(); ++x)
        small.row(y)[x] = static_cast<std::uint8_t>(x * 50);
    CHECK_FALSE(find_facing_mark(small.view()));
  }
  CHECK_FALSE(find_facing_mark({}));
}

}  // namespace
}  // namespace backstamp::vision
