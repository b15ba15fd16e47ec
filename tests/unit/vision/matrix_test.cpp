#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "meter/drawing.h"
#include "vision/grid/pattern.h"
#include "vision/locate/geometry.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr double kPxPerMm = 8;

Bytes random_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes letters(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>('A' + random() % 26);
  return bytes;
}

meter::FacePlan face_plan() {
  meter::FacePlan plan;
  plan.width_mm = 180;
  plan.height_mm = 100;
  plan.texts.push_back(
      {.lines = {"Ms. Adelaide Example", "1234 Long Meadow Street", "Springfield IL 62704-1234"},
       .top_left = {70, 50}});
  return plan;
}

/// The face seen by a camera: turned about its middle, blurred by its pixels, with noise.
Frame seen(const meter::Raster& raster, double degrees, double noise, std::uint32_t seed) {
  const ImageView flat{raster.pixels.data(), raster.width_px, raster.height_px, raster.width_px};
  Frame frame(raster.width_px, raster.height_px);
  std::mt19937 random(seed);
  std::normal_distribution<float> grain(0, static_cast<float>(noise));
  const auto angle = static_cast<float>(degrees * 3.14159265 / 180);
  const Point x{std::cos(angle), std::sin(angle)};
  const Point center{static_cast<float>(raster.width_px) / 2,
                     static_cast<float>(raster.height_px) / 2};
  for (int r = 0; r < frame.height_px(); ++r) {
    for (int c = 0; c < frame.width_px(); ++c) {
      const Point d = Point{static_cast<float>(c) + 0.5f, static_cast<float>(r) + 0.5f} - center;
      const Point p = center + Point{d.x * x.x + d.y * x.y, d.y * x.x - d.x * x.y};
      const float paper = 60 + 0.65f * brightness(flat, p);
      frame.row(r)[c] = static_cast<std::uint8_t>(std::clamp(paper + grain(random), 0.0f, 255.0f));
    }
  }
  return frame;
}

bool holds(const FaceReading& face, Symbology symbology, const Bytes& content) {
  return std::any_of(face.readings.begin(), face.readings.end(), [&](const Reading& r) {
    return r.symbology == symbology && r.content == content;
  });
}

/// Reads `count` faces with one symbol each, turned by all sorts of angles; every reading there is
/// must be right. Returns how many were read.
int read_turned(Symbology symbology, std::size_t bytes, double module_mm, int count) {
  std::mt19937 random(static_cast<std::uint32_t>(bytes) * 31 + 5);
  int read = 0;
  for (int i = 0; i < count; ++i) {
    meter::FacePlan plan = face_plan();
    meter::SymbolPlan symbol;
    symbol.symbology = symbology;
    symbol.content =
        symbology == Symbology::code128 ? letters(random, bytes) : random_bytes(random, bytes);
    symbol.module_mm = module_mm;
    symbol.top_left = {100, 15};
    plan.symbols.push_back(symbol);
    const auto drawn = meter::draw_face(plan, kPxPerMm);
    REQUIRE(drawn);
    const double degrees = (i % 2 ? 180 : 0) + static_cast<double>(random() % 120) / 10 - 6;
    const Frame frame = seen(drawn->raster, degrees, 3, static_cast<std::uint32_t>(i));
    const FaceReading face = read_face(frame.view(), {});
    const bool right = holds(face, symbology, symbol.content);
    read += right;
    CHECK(face.readings.size() == (right ? 1u : 0u));  // no misread, nothing twice
  }
  return read;
}

TEST_CASE("The native indicium, a 44 by 44 Data Matrix, is read at any angle of the belt") {
  CHECK(read_turned(Symbology::data_matrix, 142, 0.5, 16) == 16);
}

TEST_CASE("Other matrix and bar codes of a face are read") {
  CHECK(read_turned(Symbology::data_matrix, 60, 0.45, 8) >= 7);
  CHECK(read_turned(Symbology::qr_code, 90, 0.5, 8) >= 7);
  CHECK(read_turned(Symbology::aztec, 80, 0.5, 8) >= 7);
  CHECK(read_turned(Symbology::pdf417, 70, 0.42, 8) >= 6);
  CHECK(read_turned(Symbology::code128, 13, 0.38, 8) >= 7);
}

TEST_CASE("Every code on a face is reported, once") {
  std::mt19937 random(3);
  meter::FacePlan plan = face_plan();
  plan.symbols.push_back({.symbology = Symbology::data_matrix,
                          .content = random_bytes(random, 100),
                          .top_left = {130, 12}});
  plan.symbols.push_back({.symbology = Symbology::code128,
                          .content = letters(random, 12),
                          .top_left = {15, 80},
                          .module_mm = 0.4,
                          .height_mm = 12});
  const auto drawn = meter::draw_face(plan, kPxPerMm);
  REQUIRE(drawn);
  const Frame frame = seen(drawn->raster, 1.2, 2, 9);
  const FaceReading face = read_face(frame.view(), {});
  CHECK(face.readings.size() == 2);
  CHECK(face.cause == postal::NoReadCause::none);
  for (const auto& symbol : plan.symbols) CHECK(holds(face, symbol.symbology, symbol.content));
}

TEST_CASE("A reading says where on the face it was") {
  std::mt19937 random(4);
  meter::FacePlan plan = face_plan();
  plan.symbols.push_back({.symbology = Symbology::data_matrix,
                          .content = random_bytes(random, 142),
                          .top_left = {130, 12}});
  const auto drawn = meter::draw_face(plan, kPxPerMm);
  REQUIRE(drawn);
  const Frame frame = seen(drawn->raster, 0, 2, 1);
  const FaceReading face = read_face(frame.view(), {});
  REQUIRE(face.readings.size() == 1);
  const Reading& reading = face.readings[0];
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(std::abs(reading.outline[i].x - drawn->outlines[0][i].x_mm * kPxPerMm) < 2);
    CHECK(std::abs(reading.outline[i].y - drawn->outlines[0][i].y_mm * kPxPerMm) < 2);
  }
  CHECK(std::abs(reading.module_px - 4) < 0.1);
}

TEST_CASE("A face without a code gives nothing") {
  const auto drawn = meter::draw_face(face_plan(), kPxPerMm);
  REQUIRE(drawn);
  const Frame frame = seen(drawn->raster, 2, 4, 2);
  const FaceReading face = read_face(frame.view(), {});
  CHECK(face.readings.empty());
  CHECK(face.cause == postal::NoReadCause::nothing_found);
}

TEST_CASE("A code that there is no time for gives out of time") {
  std::mt19937 random(7);
  meter::FacePlan plan = face_plan();
  plan.symbols.push_back({.symbology = Symbology::data_matrix,
                          .content = random_bytes(random, 100),
                          .top_left = {130, 12}});
  const auto drawn = meter::draw_face(plan, kPxPerMm);
  REQUIRE(drawn);
  const Frame frame = seen(drawn->raster, 2, 4, 2);
  const FaceReading late = read_face(frame.view(), {.budget = std::chrono::microseconds(0)});
  CHECK(late.readings.empty());
  CHECK(late.cause == postal::NoReadCause::out_of_time);
}

TEST_CASE("A close-up with modules too large for the locator is read on a reduced picture") {
  std::mt19937 random(6);
  meter::FacePlan plan;
  plan.width_mm = 80;
  plan.height_mm = 60;
  meter::SymbolPlan symbol;
  symbol.content = random_bytes(random, 12);
  symbol.module_mm = 2;
  symbol.top_left = {20, 10};
  plan.symbols.push_back(symbol);
  const auto drawn = meter::draw_face(plan, 20);
  REQUIRE(drawn);
  const Frame frame = seen(drawn->raster, 3, 2, 1);
  const FaceReading face = read_face(frame.view(), {});
  REQUIRE(holds(face, Symbology::data_matrix, symbol.content));
  const Quad& outline = face.readings[0].outline;
  const Point middle = (outline[0] + outline[1] + outline[2] + outline[3]) * 0.25f;
  Point expected{};
  for (const auto& p : drawn->outlines[0])
    expected =
        expected + Point{static_cast<float>(p.x_mm * 20), static_cast<float>(p.y_mm * 20)} * 0.25f;
  CHECK(length(middle - expected) < 60);  // turned by three degrees about the face's middle
}

TEST_CASE("A Data Matrix torn in two is located, and its words fail their check") {
  std::mt19937 random(12);
  for (int i = 0; i < 4; ++i) {
    meter::FacePlan plan = face_plan();
    plan.symbols.push_back({.symbology = Symbology::data_matrix,
                            .content = random_bytes(random, 142),
                            .top_left = {130, 12},
                            .module_mm = 0.5});
    auto drawn = meter::draw_face(plan, kPxPerMm);
    REQUIRE(drawn);
    // The tear: paper as high as the symbol, a third as wide, further to the left each time.
    const int left = static_cast<int>((133 - 0.4 * i) * kPxPerMm);
    for (int y = 0; y < static_cast<int>(38 * kPxPerMm); ++y)
      std::fill_n(drawn->raster.pixels.begin() + y * drawn->raster.width_px + left, 60, 255);
    const Frame frame = seen(drawn->raster, 1, 3, 5);
    const FaceReading face = read_face(frame.view(), {});
    CHECK(face.readings.empty());
    CHECK(face.cause == postal::NoReadCause::checksum);
    REQUIRE_FALSE(face.unread.empty());
    CHECK(face.unread[0].correction_margin == 0);
    CHECK(std::abs(face.unread[0].module_px - 4) < 0.4);
  }
}

TEST_CASE("Formats that were not asked for are not reported") {
  std::mt19937 random(5);
  meter::FacePlan plan = face_plan();
  plan.symbols.push_back({.symbology = Symbology::data_matrix,
                          .content = random_bytes(random, 50),
                          .top_left = {130, 12}});
  const auto drawn = meter::draw_face(plan, kPxPerMm);
  REQUIRE(drawn);
  const Frame frame = seen(drawn->raster, 0, 2, 1);
  CHECK(
      read_face(frame.view(), {.formats = *Formats::parse("qrcode,code128,imb")}).readings.empty());
  CHECK(read_face(frame.view(), {.formats = *Formats::parse("DataMatrix")}).readings.size() == 1);
}

TEST_CASE("A list of formats is parsed strictly") {
  CHECK(Formats::parse("postal")->bits == Formats::all().bits);
  CHECK(Formats::parse("data_matrix,IMb")->has(Symbology::imb));
  CHECK_FALSE(Formats::parse("data_matrix,IMb")->has(Symbology::aztec));
  for (const char* wrong : {"", "datamatrix,", ",", "upce", "all"})
    CHECK_FALSE(Formats::parse(wrong));
}

TEST_CASE("Pictures of any size and content do not crash the reader") {
  std::mt19937 random(11);
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 100}, {100, 1}, {2, 2}, {17, 33}, {64, 8}, {300, 200}, {1200, 700}}) {
    Frame noise(width, height);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) noise.row(y)[x] = random() % 2 ? 255 : 0;
    CHECK(read_face(noise.view(), {}).readings.empty());
  }
}

TEST_CASE("A fixed pattern lies inside its symbol and its quiet zone") {
  for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec}) {
    for (const auto& [columns, rows] : sizes_of(s)) {
      const FixedPattern& pattern = fixed_pattern(s, columns, rows);
      REQUIRE(pattern.columns == columns);
      REQUIRE_FALSE(pattern.cells.empty());
      for (const auto& cell : pattern.cells) {
        REQUIRE(cell.column >= -1);
        REQUIRE(cell.row >= -1);
        REQUIRE(cell.column <= columns);
        REQUIRE(cell.row <= rows);
      }
    }
  }
  CHECK(fixed_pattern(Symbology::data_matrix, 45, 45).cells.empty());
}

}  // namespace
}  // namespace backstamp::vision
