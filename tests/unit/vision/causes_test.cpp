// Why nothing was read, and what is known of what was not.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/vision/four_state_scene.h"
#include "tests/unit/vision/matrix_scene.h"
#include "vision/ladder/contrast.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;

constexpr int kWidth_px = 1100, kHeight_px = 700;  // a face: the library does not look at it

DrawnMatrix some_matrix(std::mt19937& random) {
  const auto symbol = draw_matrix(Symbology::data_matrix, 12, 0, random);
  REQUIRE(symbol);
  return *symbol;
}

/// The symbol with a share of its data modules turned over; its borders stay.
DrawnMatrix damaged(DrawnMatrix symbol, double share, std::mt19937& random) {
  for (int row = 1; row + 1 < symbol.rows; ++row)
    for (int column = 1; column + 1 < symbol.columns; ++column) {
      auto& module = symbol.dark[static_cast<std::size_t>(row * symbol.columns + column)];
      if (static_cast<double>(random() % 1000) < 1000 * share) module ^= 1;
    }
  return symbol;
}

FaceReading read(const Frame& face, const ReadOptions& options = {}) {
  return read_face(face.view(), options);
}

Frame seen(const DrawnMatrix& symbol) {
  return seen_matrix(symbol, 5, 6, 2, kWidth_px, kHeight_px, 1);
}

TEST_CASE("A symbol damaged beyond its correction is a candidate whose check says no") {
  std::mt19937 random(1);
  for (int i = 0; i < 10; ++i) {
    const Frame face = seen(damaged(some_matrix(random), 0.25, random));
    const FaceReading reading = read(face);
    CHECK(reading.readings.empty());
    CHECK(reading.cause == NoReadCause::checksum);
    REQUIRE(reading.unread.size() == 1);
    const Candidate& candidate = reading.unread[0];
    CHECK(candidate.cause == NoReadCause::checksum);
    CHECK(candidate.looks_like == Symbology::data_matrix);
    CHECK(candidate.correction_margin == 0);
    CHECK((candidate.module_px > 4.8f && candidate.module_px < 5.2f));
    CHECK((candidate.contrast > 0.3f && candidate.contrast < 0.65f));
  }
}

TEST_CASE("The margin of a reading falls with the damage that was repaired") {
  std::mt19937 random(2);
  const DrawnMatrix symbol = some_matrix(random);
  const FaceReading sound = read(seen(symbol));
  const FaceReading hurt = read(seen(damaged(symbol, 0.015, random)));
  REQUIRE(sound.readings.size() == 1);
  REQUIRE(hurt.readings.size() == 1);
  CHECK(sound.readings[0].correction_margin == 1);
  CHECK(hurt.readings[0].correction_margin < 1);
  CHECK(hurt.readings[0].correction_margin > 0);
  CHECK(hurt.readings[0].content == sound.readings[0].content);
}

TEST_CASE("Less repair is done when more proof is asked to be left") {
  std::mt19937 random(3);
  ReadOptions strict;
  strict.repair = {.matrix_words = 30, .matrix_bits = 64};
  int usually = 0, strictly = 0;
  for (int i = 0; i < 12; ++i) {
    const Frame face = seen(damaged(some_matrix(random), 0.012, random));
    usually += read(face).readings.size() == 1;
    const FaceReading reading = read(face, strict);
    strictly += reading.readings.size() == 1;
    if (reading.readings.empty()) CHECK(reading.cause == NoReadCause::checksum);
  }
  CHECK(usually >= 6);
  CHECK(strictly < usually);
}

TEST_CASE("Bars are repaired no more than is allowed") {
  std::mt19937 random(4);
  test::Scene scene(kWidth_px, kHeight_px);
  const test::Drawn mailmark = test::draw_bars(Symbology::mailmark, "21B2254800659JW5O9QA6Y");
  scene.print(mailmark, {550, 350}, 9 / mailmark.pitch, 0);
  // A blot over the lower half of one bar.
  const FaceReading clean = read(scene.frame());
  REQUIRE(clean.readings.size() == 1);
  const Quad at = clean.readings[0].outline;
  const auto left = static_cast<int>(at[0].x + (at[1].x - at[0].x) * 31.2f / 66);
  for (int y = static_cast<int>(at[0].y) - 2; y < static_cast<int>(at[3].y) + 2; ++y)
    for (int x = left; x < left + 14; ++x) scene.at(x, y) = 225;
  const FaceReading repaired = read(scene.frame());
  REQUIRE(repaired.readings.size() == 1);
  CHECK(repaired.readings[0].content == clean.readings[0].content);
  REQUIRE(repaired.readings[0].repaired_bars > 0);
  ReadOptions strict;
  strict.repair.four_state_bars = repaired.readings[0].repaired_bars - 1;
  const FaceReading refused = read(scene.frame(), strict);
  CHECK(refused.readings.empty());
  REQUIRE(refused.unread.size() == 1);
  CHECK(refused.unread[0].cause == NoReadCause::checksum);
  CHECK(refused.unread[0].looks_like == Symbology::mailmark);
  CHECK(refused.unread[0].correction_margin == 0);
  CHECK(refused.unread[0].module_px > 8);
  CHECK(refused.unread[0].contrast > 0.3f);
}

TEST_CASE("A candidate whose look was cut short says so, and so does the face") {
  std::mt19937 random(8);
  const Frame face = seen(damaged(some_matrix(random), 0.25, random));
  ReadOptions options;
  options.effort = read(face).effort - 1;
  const FaceReading cut = read(face, options);
  CHECK(cut.cause == NoReadCause::out_of_time);
  REQUIRE(cut.unread.size() == 1);
  CHECK(cut.unread[0].cause == NoReadCause::out_of_time);
  CHECK(cut.unread[0].looks_like == Symbology::data_matrix);
  CHECK_FALSE(cut.ended_by_clock);
}

TEST_CASE("A symbol that was not asked for is said to be filtered where nothing else was read") {
  std::mt19937 random(5);
  const DrawnMatrix symbol = some_matrix(random);
  const Frame face = seen(symbol);
  ReadOptions others;
  others.formats = *Formats::parse("qrcode,imb,code128");
  const FaceReading reading = read(face, others);
  CHECK(reading.readings.empty());
  CHECK(reading.cause == NoReadCause::filtered);
  REQUIRE(reading.unread.size() == 1);
  CHECK(reading.unread[0].cause == NoReadCause::filtered);
  CHECK(reading.unread[0].looks_like == Symbology::data_matrix);
  CHECK(reading.unread[0].module_px > 4.8f);
  CHECK(reading.unread[0].contrast > 0.4f);
  CHECK(reading.unread[0].correction_margin == 1);
}

TEST_CASE("Nothing is said of other symbols on a face where something was read") {
  std::mt19937 random(6);
  test::Scene scene(kWidth_px, kHeight_px);
  const test::Drawn symbol = test::draw_imb("01234567094987654321", "01234567891");
  scene.print(symbol, {500, 150}, 9 / symbol.pitch, 0);
  Frame face = scene.frame();
  const Frame other = seen(some_matrix(random));
  for (int y = 260; y < kHeight_px; ++y)
    std::copy(other.view().row(y), other.view().row(y) + kWidth_px, face.row(y));
  ReadOptions imb;
  imb.formats = *Formats::parse("imb");
  const FaceReading reading = read(face, imb);
  CHECK(reading.readings.size() == 1);
  for (const Candidate& candidate : reading.unread) CHECK(candidate.cause != NoReadCause::filtered);
}

TEST_CASE("Empty, tiny and flat pictures are bad ones; a blank piece is not") {
  CHECK(read_face({}, {}).cause == NoReadCause::bad_image);
  Frame flat(kWidth_px, kHeight_px);
  for (const int grey : {0, 128, 255}) {
    for (int y = 0; y < kHeight_px; ++y)
      for (int x = 0; x < kWidth_px; ++x)
        flat.row(y)[x] = static_cast<std::uint8_t>(grey > 250 ? grey - x % 3 : grey + x % 3);
    CHECK(read(flat).cause == NoReadCause::bad_image);
  }
  Frame line(900, 1);
  for (int x = 0; x < 900; ++x) line.row(0)[x] = static_cast<std::uint8_t>(x);
  CHECK(read(line).cause == NoReadCause::bad_image);
  test::Scene blank(kWidth_px, kHeight_px);
  std::mt19937 random(7);
  blank.noise(2, random);
  CHECK(read(blank.frame()).cause == NoReadCause::nothing_found);
}

TEST_CASE("Contrast is measured within an outline, wherever it lies") {
  Frame face(40, 40);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 40; ++x) face.row(y)[x] = x < 20 && y % 2 ? 50 : 203;
  const auto within = [&](float left, float right) {
    return contrast_within(face.view(), {{{left, 0}, {right, 0}, {right, 40}, {left, 40}}});
  };
  CHECK(within(0, 20) == 0.6f);
  CHECK(within(21, 40) == 0);
  CHECK(within(-1e9f, 1e9f) >= 0);
  CHECK(within(std::numeric_limits<float>::quiet_NaN(), 5) == 0);
}

}  // namespace
}  // namespace backstamp::vision
