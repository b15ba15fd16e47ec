#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "tests/unit/vision/no_limit.h"
#include "tests/unit/vision/stacked_scene.h"
#include "vision/stacked/stacked.h"

namespace backstamp::vision {
namespace {

/// A locator's box: edges off by some pixels, the direction by a degree, either way up.
OrientedBox located(const OrientedBox& box, std::mt19937& random) {
  std::normal_distribution<float> off(0, 1);
  OrientedBox out = box;
  const float angle = 0.5f * off(random) * 3.14159265f / 180;
  out.along = box.along * std::cos(angle) + box.across() * std::sin(angle);
  if (random() % 2 == 0) out.along = out.along * -1.0f;
  out.center = box.center + Point{3 * off(random), 3 * off(random)};
  out.width = box.width * (1 - 0.1f * static_cast<float>(random() % 100) / 100);
  out.height = box.height + 4 * off(random);
  return out;
}

StackedResult read(const Scene& scene, const OrientedBox& box) {
  return read_pdf417(scene.frame.view(), box, test::no_limit());
}

/// Draws `count` symbols and reads them; every reading must be right. Returns how many were read.
int read_many(const View& view, int count, std::uint32_t seed) {
  std::mt19937 random(seed);
  int read_right = 0;
  for (int i = 0; i < count; ++i) {
    const Bytes content = i % 2 == 0 ? random_content(random, 40 + random() % 80)
                                     : random_text(random, 40 + random() % 120);
    const DrawnSymbol symbol = draw_pdf417(content, 2 + static_cast<int>(random() % 4),
                                           3 + static_cast<int>(random() % 7));
    if (symbol.rows.empty()) continue;
    View turned = view;
    turned.degrees += 3 * (static_cast<double>(random() % 200) / 100 - 1);
    const Scene scene = see(symbol, turned, static_cast<std::uint32_t>(random()));
    const auto result = read(scene, located(scene.box, random));
    if (!result.reading) continue;
    CHECK(result.reading->content == content);
    ++read_right;
  }
  return read_right;
}

/// Content that takes the same number of words whatever it is.
Bytes high_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(128 + random() % 128);
  return bytes;
}

Scene plain_scene(const Bytes& content, const View& view) {
  return see(draw_pdf417(content, 4, 6), view, 1);
}

}  // namespace

TEST_CASE("a symbol is read with its place and what was left of its error correction") {
  const Bytes content = to_bytes("POSTAGE 000123456789 paid");
  const DrawnSymbol symbol = draw_pdf417(content, 4, 6);
  const Scene scene = see(symbol, {}, 1);
  const auto result = read(scene, scene.box);
  REQUIRE(result.reading);
  CHECK(result.reading->symbology == postal::Symbology::pdf417);
  CHECK(result.reading->content == content);
  CHECK(result.reading->text == "POSTAGE 000123456789 paid");
  CHECK(result.reading->rung == "pdf417");
  CHECK(result.reading->correction_margin > 0.9f);
  CHECK(std::abs(result.reading->module_px - 3.5f) < 0.1f);
  const Quad wanted = scene.box.corners();
  for (std::size_t i = 0; i < 4; ++i) CHECK(length(result.reading->outline[i] - wanted[i]) < 5);
}

TEST_CASE("the outline keeps the symbol's own order when it is upside down") {
  View view;
  view.degrees = 182;
  const Scene scene = plain_scene(to_bytes("upside down"), view);
  OrientedBox box = scene.box;
  for (int turn = 0; turn < 2; ++turn) {
    const auto result = read(scene, box);
    REQUIRE(result.reading);
    const Quad wanted = scene.box.corners();
    for (std::size_t i = 0; i < 4; ++i) CHECK(length(result.reading->outline[i] - wanted[i]) < 5);
    box.along = box.along * -1.0f;
  }
}

TEST_CASE("clean symbols are all read, whatever their size and content") {
  View view;
  CHECK(read_many(view, 24, 1) == 24);
  view.degrees = 180;
  view.module_px = 2.6;
  CHECK(read_many(view, 16, 2) == 16);
  view.degrees = 97;
  view.row_modules = 4;
  CHECK(read_many(view, 16, 3) == 16);
}

TEST_CASE("one column or thirty, low rows or high ones") {
  std::mt19937 random(7);
  struct Case {
    int columns;
    std::size_t bytes;
    double row_modules;
  };
  for (const Case& c : {Case{1, 10, 3}, Case{2, 40, 5}, Case{30, 300, 3}, Case{6, 60, 2},
                        Case{4, 90, 6}, Case{5, 60, 8.5}}) {
    const Bytes content = random_content(random, c.bytes);
    View view;
    view.row_modules = c.row_modules;
    view.module_px = c.columns == 30 ? 2.6 : 3.2;
    const Scene scene = see(draw_pdf417(content, 2, c.columns), view, 1);
    INFO(c.columns << " columns, rows " << c.row_modules << " modules high");
    const auto result = read(scene, scene.box);
    REQUIRE(result.reading);
    CHECK(result.reading->content == content);
  }
}

TEST_CASE("symbols are read whose blur and smear are as wide as a module") {
  View view;
  view.blur_px = 1.1;
  view.motion_px = 2.4;
  view.noise = 4;
  view.dark = 100;
  view.light = 190;
  CHECK(read_many(view, 16, 4) >= 15);
  view.spread_modules = 0.4;
  CHECK(read_many(view, 16, 5) >= 14);
  view.spread_modules = -0.35;
  CHECK(read_many(view, 16, 6) >= 14);
}

TEST_CASE("covered, scratched and streaked symbols are read within their error correction") {
  const Bytes content = to_bytes("what is covered costs one check word a place, not two");
  for (int kind = 0; kind < 3; ++kind) {
    Scene scene = plain_scene(content, {});
    const ImageView face = scene.frame.view();
    for (int y = 0; y < face.height_px; ++y)
      for (int x = 0; x < face.width_px; ++x) {
        const bool hit = kind == 0   ? x > 300 && x < 350 && y > face.height_px / 2
                         : kind == 1 ? std::abs(x - 150 - y) < 3
                                     : x % 190 == 170 || y % 60 == 50;
        if (hit) scene.frame.row(y)[x] = kind == 0 ? 20 : 225;
      }
    INFO("kind " << kind);
    const auto result = read(scene, scene.box);
    REQUIRE(result.reading);
    CHECK(result.reading->content == content);
    if (kind == 0) CHECK(result.reading->correction_margin < 0.9f);
  }
}

TEST_CASE("a symbol torn beyond its error correction is a candidate, not a reading") {
  Scene scene = plain_scene(to_bytes("torn to pieces, only both of its ends are left"), {});
  std::mt19937 random(8);
  const int width = scene.frame.width_px();
  for (int y = 0; y < scene.frame.height_px(); ++y)
    for (int x = 180; x < width - 180; ++x)
      scene.frame.row(y)[x] = static_cast<std::uint8_t>(random() % 2 == 0 ? 60 : 220);
  const auto result = read(scene, scene.box);
  CHECK(!result.reading);
  REQUIRE(result.candidate);
  CHECK(result.candidate->looks_like == postal::Symbology::pdf417);
}

TEST_CASE("decoys are neither read nor candidates") {
  std::mt19937 random(9);
  for (int kind = 0; kind < 5; ++kind) {
    Frame frame(700, 260);
    for (int y = 0; y < frame.height_px(); ++y)
      for (int x = 0; x < frame.width_px(); ++x) {
        const bool dark = kind == 0   ? (x / 4 + y / 10) % 2 == 0  // a checkerboard
                          : kind == 1 ? (x / 3) % 2 == 0           // hatching
                          : kind == 2 ? random() % 2 == 0          // noise
                          : kind == 3 ? (x * x / 700) % 9 < 4      // bars of all widths
                                      : false;                     // paper
        frame.row(y)[x] = static_cast<std::uint8_t>((dark ? 60 : 210) + random() % 9);
      }
    const OrientedBox box{{350, 130}, {1, 0}, 600, 180};
    const auto result = read_pdf417(frame.view(), box, test::no_limit());
    INFO("kind " << kind);
    CHECK(!result.reading);
    CHECK(!result.candidate);
  }
}

TEST_CASE("rows of random words between true ends are never read") {
  // Everything right but the words: the ends, the indicators, the patterns, the clusters.
  std::mt19937 random(10);
  for (int i = 0; i < 12; ++i) {
    DrawnSymbol symbol = draw_pdf417(high_bytes(random, 96), 3, 6);
    const DrawnSymbol other = draw_pdf417(high_bytes(random, 96), 3, 6);
    REQUIRE(symbol.rows.size() == other.rows.size());
    for (std::size_t r = 0; r < symbol.rows.size(); ++r)
      if (random() % 2 == 0)
        std::copy(other.rows[r].begin() + 34, other.rows[r].end() - 35,
                  symbol.rows[r].begin() + 34);
    const Scene scene = see(symbol, {}, 1);
    CHECK(!read(scene, scene.box).reading);
  }
}

TEST_CASE("any box on any picture is left unread without harm") {
  std::mt19937 random(11);
  const Scene scene = plain_scene(to_bytes("hostile boxes"), {});
  for (int i = 0; i < 300; ++i) {
    const auto any = [&](float reach) {
      return reach * (static_cast<float>(random() % 2001) / 1000 - 1);
    };
    const float angle = any(3.2f);
    const OrientedBox box{{any(900), any(900)},
                          {std::cos(angle), std::sin(angle)},
                          std::abs(any(900)),
                          std::abs(any(500))};
    const auto result = read(scene, box);
    if (result.reading) CHECK(result.reading->text == "hostile boxes");
  }
  for (const int side : {1, 2, 7}) {
    Frame tiny(side, side);
    for (int y = 0; y < side; ++y) std::fill_n(tiny.row(y), side, std::uint8_t{90});
    CHECK(!read_pdf417(tiny.view(), {{0, 0}, {1, 0}, 300, 90}, test::no_limit()).reading);
  }
  CHECK(!read_pdf417(ImageView{}, scene.box, test::no_limit()).reading);
}

}  // namespace backstamp::vision
