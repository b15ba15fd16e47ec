#include "meter/drawing.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "meter/symbols/layout.h"
#include "postal/imb_bars.h"

using namespace backstamp;
using namespace backstamp::meter;
using Catch::Approx;
using postal::Symbology;

namespace {

Bytes bytes_of(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

Bytes binary(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
  return bytes;
}

SymbolPlan symbol(Symbology symbology, Bytes content, double module_mm) {
  SymbolPlan plan;
  plan.symbology = symbology;
  plan.content = std::move(content);
  plan.module_mm = module_mm;
  return plan;
}

FacePlan face_with(SymbolPlan plan, PointMm top_left) {
  FacePlan face;
  plan.top_left = top_left;
  face.symbols.push_back(std::move(plan));
  return face;
}

bool dark_at(const Raster& raster, double x_px, double y_px) {
  const auto index = static_cast<std::size_t>(y_px) * static_cast<std::size_t>(raster.width_px) +
                     static_cast<std::size_t>(x_px);
  return raster.pixels.at(index) < 128;
}

std::uint32_t big_endian(const Bytes& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes.at(at + i);
  return value;
}

}  // namespace

TEST_CASE("A token of 142 bytes is a square Data Matrix of 44 modules, one of 143 is larger") {
  const auto largest = symbol_size(symbol(Symbology::data_matrix, binary(142), 0.5));
  REQUIRE(largest);
  CHECK(largest->x_mm == Approx(22));
  CHECK(largest->y_mm == Approx(22));
  const auto larger = symbol_size(symbol(Symbology::data_matrix, binary(143), 0.5));
  REQUIRE(larger);
  CHECK(larger->x_mm == Approx(24));
}

TEST_CASE("A Data Matrix on the raster shows its finder and timing patterns at its outline") {
  constexpr double kPxPerMm = 8;
  constexpr double kModule_px = 4;
  const auto face = face_with(symbol(Symbology::data_matrix, binary(142), 0.5), {200, 10});
  const auto drawn = draw_face(face, kPxPerMm);
  REQUIRE(drawn);
  CHECK(drawn->raster.width_px == 1930);
  CHECK(drawn->raster.height_px == 838);
  REQUIRE(drawn->outlines.size() == 1);
  const OutlineMm& outline = drawn->outlines[0];
  const double left_px = outline[0].x_mm * kPxPerMm;
  const double top_px = outline[0].y_mm * kPxPerMm;
  CHECK(outline[2].x_mm == Approx(222));
  CHECK(outline[2].y_mm == Approx(32));
  for (int i = 0; i < 44; ++i) {
    const double along_px = (i + 0.5) * kModule_px;
    CHECK(dark_at(drawn->raster, left_px + 2, top_px + along_px));         // left of the L
    CHECK(dark_at(drawn->raster, left_px + along_px, top_px + 43.5 * 4));  // foot of the L
    CHECK(dark_at(drawn->raster, left_px + along_px, top_px + 2) == (i % 2 == 0));
    CHECK(dark_at(drawn->raster, left_px + 43.5 * 4, top_px + along_px) == (i % 2 == 1));
    CHECK_FALSE(dark_at(drawn->raster, left_px - 2, top_px + along_px));  // quiet zone
    CHECK_FALSE(dark_at(drawn->raster, left_px + along_px, top_px - 2));
  }
}

TEST_CASE("Ink lies on the raster exactly where the layout says, in every symbology") {
  const std::vector<SymbolPlan> plans = {
      symbol(Symbology::data_matrix, binary(60), 0.5),
      symbol(Symbology::qr_code, binary(40), 0.5),
      symbol(Symbology::aztec, binary(40), 0.5),
      symbol(Symbology::pdf417, binary(40), 0.5),
      symbol(Symbology::code128, bytes_of("RR473124829GB"), 0.5),
  };
  for (const SymbolPlan& plan : plans) {
    CAPTURE(postal::to_string(plan.symbology));
    const auto layout = lay_out_symbol(plan);
    REQUIRE(layout);
    const auto drawn = draw_face(face_with(plan, {10, 10}), 10);
    REQUIRE(drawn);
    std::vector<std::uint8_t> expected(drawn->raster.pixels.size(), 255);
    for (const InkRect& ink : layout->ink) {
      for (auto y = std::lround((10 + ink.y_mm) * 10);
           y < std::lround((10 + ink.y_mm + ink.height_mm) * 10); ++y) {
        for (auto x = std::lround((10 + ink.x_mm) * 10);
             x < std::lround((10 + ink.x_mm + ink.width_mm) * 10); ++x) {
          expected[static_cast<std::size_t>(y * drawn->raster.width_px + x)] = 0;
        }
      }
    }
    CHECK(expected == drawn->raster.pixels);
  }
}

TEST_CASE("An Intelligent Mail barcode has the bars of our own encoder and the nominal measures") {
  for (const std::string_view digits :
       {"01234567094987654321", "0123456709498765432101234", "01234567094987654321012345678",
        "0123456709498765432101234567891"}) {
    const auto layout = lay_out_symbol(symbol(Symbology::imb, bytes_of(digits), 25.4 / 22));
    REQUIRE(layout);
    const auto code = postal::Imb::parse(digits);
    REQUIRE(code);
    const postal::ImbBars bars = postal::encode_imb(*code);
    REQUIRE(layout->ink.size() == 65);
    CHECK(layout->height_mm == Approx(0.145 * 25.4));
    CHECK(layout->width_mm == Approx((64.0 / 22 + 0.020) * 25.4));
    for (std::size_t i = 0; i < 65; ++i) {
      const InkRect& bar = layout->ink[i];
      CHECK(bar.x_mm == Approx(static_cast<double>(i) * 25.4 / 22));
      CHECK(bar.width_mm == Approx(0.020 * 25.4));
      const double extension_mm = 0.0485 * 25.4;
      CHECK(bar.y_mm == Approx(bars.ascender[i] ? 0 : extension_mm).margin(1e-9));
      CHECK(bar.y_mm + bar.height_mm ==
            Approx(layout->height_mm - (bars.descender[i] ? 0 : extension_mm)));
    }
  }
}

TEST_CASE("A rotated symbol is outlined clockwise about its top-left corner") {
  SymbolPlan plan = symbol(Symbology::code128, bytes_of("AB12"), 0.5);
  plan.height_mm = 8;
  plan.rotation_deg = 90;
  const auto size = symbol_size(plan);
  REQUIRE(size);
  const auto drawn = draw_face(face_with(plan, {50, 20}), 10);
  REQUIRE(drawn);
  const OutlineMm& outline = drawn->outlines[0];
  CHECK(outline[0].x_mm == Approx(50));
  CHECK(outline[1].x_mm == Approx(50));
  CHECK(outline[1].y_mm == Approx(20 + size->x_mm));
  CHECK(outline[2].x_mm == Approx(42));
  CHECK(outline[3].y_mm == Approx(20));
  CHECK(dark_at(drawn->raster, 495, 202));        // the first bar, now lying
  CHECK_FALSE(dark_at(drawn->raster, 505, 202));  // nothing where it would stand unrotated
}

TEST_CASE("A facing identification mark D stands at the top edge, two inches from the right") {
  FacePlan face;
  face.fim_d = true;
  const auto drawn = draw_face(face, 20);
  REQUIRE(drawn);
  const double right_px = (face.width_mm - 50.8) * 20;
  const double pitch_px = 25.4 / 16 * 20;
  const double bar_px = 25.4 / 32 * 20;
  const std::string_view pattern = "111010111";
  for (int i = 0; i < 9; ++i) {
    const double centre_px = right_px - bar_px / 2 - (8 - i) * pitch_px;
    CHECK(dark_at(drawn->raster, centre_px, 8 * 20) ==
          (pattern[static_cast<std::size_t>(i)] == '1'));
    CHECK_FALSE(dark_at(drawn->raster, centre_px, 20 * 20));
  }
}

TEST_CASE("Text is drawn, also when its bytes are not UTF-8") {
  FacePlan face;
  face.texts.push_back({{"ACME Mail", "na\xefve \xff"}, {10, 10}});
  const auto drawn = draw_face(face, 8);
  REQUIRE(drawn);
  const auto ink = std::count_if(drawn->raster.pixels.begin(), drawn->raster.pixels.end(),
                                 [](std::uint8_t value) { return value < 128; });
  CHECK(ink > 300);
}

TEST_CASE("The same face gives the same raster, PNG and PDF every time") {
  FacePlan face = face_with(symbol(Symbology::data_matrix, binary(142), 0.5), {200, 10});
  face.symbols[0].rotation_deg = 3;
  face.fim_d = true;
  face.texts.push_back({{"12 High Street"}, {100, 50}});
  CHECK(draw_face(face, 8)->raster.pixels == draw_face(face, 8)->raster.pixels);
  CHECK(*draw_face_png(face, 8) == *draw_face_png(face, 8));
  CHECK(*draw_face_pdf(face) == *draw_face_pdf(face));
}

TEST_CASE("A PNG is grey with the size of the raster, a PDF has one page of the face's size") {
  FacePlan face = face_with(symbol(Symbology::qr_code, binary(20), 0.5), {20, 20});
  face.width_mm = 254;
  face.height_mm = 127;
  const auto png = draw_face_png(face, 4);
  REQUIRE(png);
  REQUIRE(png->size() > 26);
  CHECK(as_text(*png).substr(1, 3) == "PNG");
  CHECK(big_endian(*png, 16) == 1016);
  CHECK(big_endian(*png, 20) == 508);
  CHECK((*png)[24] == 8);  // bits a sample
  CHECK((*png)[25] == 0);  // greyscale
  const auto pdf = draw_face_pdf(face);
  REQUIRE(pdf);
  CHECK(as_text(*pdf).substr(0, 5) == "%PDF-");
  CHECK(as_text(*pdf).find("/MediaBox [ 0 0 720 360 ]") != std::string_view::npos);
  CHECK(as_text(*pdf).find("%%EOF") != std::string_view::npos);
}

TEST_CASE("What cannot be drawn is refused with its reason") {
  const auto kind_of = [](const SymbolPlan& plan) {
    const auto size = symbol_size(plan);
    return size ? std::string("drawn") : std::string(to_string(size.error().kind));
  };
  CHECK(kind_of(symbol(Symbology::data_matrix, {}, 0.5)) == "invalid");
  CHECK(kind_of(symbol(Symbology::data_matrix, binary(2000), 0.5)) == "invalid");
  CHECK(kind_of(symbol(Symbology::data_matrix, binary(5000), 0.5)) == "limit");
  CHECK(kind_of(symbol(Symbology::data_matrix, binary(10), 0)) == "invalid");
  CHECK(kind_of(symbol(Symbology::data_matrix, binary(10), std::nan(""))) == "invalid");
  CHECK(kind_of(symbol(Symbology::imb, bytes_of("0123456"), 1)) == "invalid");
  CHECK(kind_of(symbol(Symbology::imb, bytes_of("09234567094987654321"), 1)) == "invalid");
  FacePlan face;
  face.width_mm = std::numeric_limits<double>::infinity();
  CHECK(draw_face(face, 8).error().kind == ErrorKind::limit);
  face.width_mm = 1500;
  CHECK(draw_face(face, 100).error().kind == ErrorKind::limit);
  CHECK(draw_face(face, -1).error().kind == ErrorKind::invalid);
  CHECK(draw_face(FacePlan{}, std::nan("")).error().kind == ErrorKind::invalid);
}
