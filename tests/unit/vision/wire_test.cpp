#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "vision/pool/wire.h"

namespace backstamp::vision {
namespace {

FaceReading example() {
  FaceReading face;
  Reading reading;
  reading.symbology = postal::Symbology::pdf417;
  reading.content = {0, 1, 0xFF, 0x1D};
  reading.text = "grün";
  reading.outline = {{{1, 2}, {3, 4}, {5, 6}, {-7, 8}}};
  reading.module_px = 4.5f;
  reading.contrast = 0.5f;
  reading.repaired_bars = 2;
  reading.correction_margin = 0.25f;
  reading.spent = std::chrono::microseconds(310);
  reading.gs1 = true;
  reading.rung = "crop";
  face.readings.push_back(reading);
  Candidate candidate;
  candidate.looks_like = postal::Symbology::imb;
  candidate.score = 0.75f;
  candidate.contrast = 0.375f;
  candidate.correction_margin = 0;
  candidate.cause = postal::NoReadCause::checksum;
  face.unread.push_back(candidate);
  face.unread.push_back({});
  face.rungs.push_back({"locate", 1, 0, std::chrono::microseconds(700)});
  face.rungs.push_back({"crop", 3, 1, std::chrono::microseconds(400)});
  face.facing_mark = FacingMark{'D', true, {{{9, 8}, {7, 6}, {5, 4}, {3, 2}}}};
  face.cause = postal::NoReadCause::none;
  face.effort = 4321;
  face.ended_by_clock = true;
  face.elapsed = std::chrono::microseconds(1234);
  face.cpu = std::chrono::microseconds(1200);
  return face;
}

bool in_range(float margin) {
  return margin == -1 || (margin >= 0 && margin <= 1);
}

bool in_range(std::chrono::nanoseconds spent) {
  return spent >= std::chrono::nanoseconds(0) && spent <= std::chrono::hours(1);
}

bool is_name(const std::string& rung) {
  return rung.size() <= kRungNameBytes &&
         std::all_of(rung.begin(), rung.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

TEST_CASE("A face's reading survives the way through shared memory") {
  const FaceReading face = example();
  const auto back = decode_face_reading(encode_face_reading(face));
  REQUIRE(back);
  REQUIRE(back->readings.size() == 1);
  const Reading& reading = back->readings[0];
  CHECK(reading.symbology == postal::Symbology::pdf417);
  CHECK(reading.content == face.readings[0].content);
  CHECK(reading.text == "grün");
  CHECK(reading.outline[3].x == -7);
  CHECK(reading.module_px == 4.5f);
  CHECK(reading.repaired_bars == 2);
  CHECK(reading.rung == "crop");
  CHECK(reading.correction_margin == 0.25f);
  CHECK(reading.spent == std::chrono::microseconds(310));
  REQUIRE(back->unread.size() == 2);
  CHECK(back->unread[0].looks_like == postal::Symbology::imb);
  CHECK(back->unread[0].cause == postal::NoReadCause::checksum);
  CHECK(back->unread[0].contrast == 0.375f);
  CHECK(back->unread[0].correction_margin == 0);
  CHECK_FALSE(back->unread[1].looks_like);
  CHECK(back->unread[1].correction_margin == -1);
  REQUIRE(back->rungs.size() == 2);
  CHECK(back->rungs[1].rung == "crop");
  CHECK(back->rungs[1].tries == 3);
  CHECK(back->rungs[1].reads == 1);
  CHECK(back->rungs[1].spent == std::chrono::microseconds(400));
  CHECK(reading.gs1);
  REQUIRE(back->facing_mark);
  CHECK(back->facing_mark->kind == 'D');
  CHECK(back->facing_mark->upside_down);
  CHECK(back->facing_mark->outline[3].y == 2);
  CHECK(back->effort == 4321);
  CHECK(back->ended_by_clock);
  CHECK(back->elapsed == face.elapsed);
  CHECK(back->cpu == face.cpu);
}

TEST_CASE("A reading that is decoded over another is as one decoded afresh") {
  FaceReading used = example();
  used.readings.resize(3, used.readings[0]);
  used.rungs.resize(5, {"whole", 9, 9, std::chrono::hours(1)});
  const Bytes whole = encode_face_reading(example());
  REQUIRE(decode_face_reading(whole, used));
  CHECK(encode_face_reading(used) == whole);
  FaceReading nothing;
  nothing.cause = postal::NoReadCause::nothing_found;
  REQUIRE(decode_face_reading(encode_face_reading(nothing), used));
  CHECK(used.readings.empty());
  CHECK(used.unread.empty());
  CHECK(used.rungs.empty());
  CHECK_FALSE(used.facing_mark);
  REQUIRE(decode_face_reading(whole, used));
  CHECK(encode_face_reading(used) == whole);
}

TEST_CASE("A reading cut short anywhere is refused") {
  const Bytes whole = encode_face_reading(example());
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(decode_face_reading(ByteView(whole).first(length)));
  Bytes longer = whole;
  longer.push_back(0);
  CHECK_FALSE(decode_face_reading(longer));
}

TEST_CASE("Whatever comes out of hostile bytes is in range") {
  const Bytes whole = encode_face_reading(example());
  const auto check = [](const std::optional<FaceReading>& face) {
    if (!face) return;
    CHECK(face->readings.size() <= limits::kReadingsPerFrame);
    CHECK(face->unread.size() <= kCandidatesPerFrame);
    CHECK(face->elapsed >= std::chrono::nanoseconds(0));
    CHECK(face->elapsed <= std::chrono::hours(1));
    for (const Reading& reading : face->readings) {
      CHECK(static_cast<std::size_t>(reading.symbology) < postal::kSymbologies);
      CHECK(reading.content.size() <= limits::kSymbolContentBytes);
      CHECK(to_utf8(as_bytes(reading.text)) == reading.text);
      for (const Point& p : reading.outline) CHECK((std::isfinite(p.x) && std::isfinite(p.y)));
      CHECK(in_range(reading.correction_margin));
      CHECK(in_range(reading.spent));
      CHECK(is_name(reading.rung));
    }
    for (const Candidate& candidate : face->unread) {
      CHECK(std::isfinite(candidate.contrast));
      CHECK(in_range(candidate.correction_margin));
    }
    if (face->facing_mark)
      CHECK((face->facing_mark->kind >= 'A' && face->facing_mark->kind <= 'E'));
    CHECK(face->rungs.size() <= kRungsPerFrame);
    for (const RungCost& cost : face->rungs) CHECK((is_name(cost.rung) && in_range(cost.spent)));
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes flipped = whole;
      flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ 1 << bit);
      check(decode_face_reading(flipped));
    }
  }
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    Bytes noise(random() % 300);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random() % 4);
    check(decode_face_reading(noise));
  }
}

TEST_CASE("What a reader says past a bound is left out, cut or brought into range") {
  FaceReading face = example();
  face.rungs.assign(kRungsPerFrame + 5, {std::string(100, 'x'), 1, 0, std::chrono::hours(-1)});
  face.readings[0].correction_margin = 1.5f;
  face.readings[0].spent = std::chrono::hours(9);
  face.readings[0].rung = std::string(100, 'y');
  face.unread[0].correction_margin = std::numeric_limits<float>::quiet_NaN();
  const auto back = decode_face_reading(encode_face_reading(face));
  REQUIRE(back);
  CHECK(back->rungs.size() == kRungsPerFrame);
  CHECK(back->rungs[0].rung == std::string(kRungNameBytes, 'x'));
  CHECK(back->rungs[0].spent == std::chrono::nanoseconds(0));
  CHECK(back->readings[0].correction_margin == 1);
  CHECK(back->readings[0].spent == std::chrono::hours(1));
  CHECK(back->readings[0].rung == std::string(kRungNameBytes, 'y'));
  CHECK(back->unread[0].correction_margin == -1);
}

TEST_CASE("A rung whose name would move a terminal's cursor is refused") {
  FaceReading face = example();
  face.rungs[0].rung = "cr\x1b[2J";
  CHECK_FALSE(decode_face_reading(encode_face_reading(face)));
  face = example();
  face.readings[0].rung = "gr\xC3\xBCn";
  CHECK_FALSE(decode_face_reading(encode_face_reading(face)));
}

TEST_CASE("Nothing read with cause none, or something read with a cause, is refused") {
  FaceReading face;
  face.cause = postal::NoReadCause::none;
  CHECK_FALSE(decode_face_reading(encode_face_reading(face)));
  face = example();
  face.cause = postal::NoReadCause::nothing_found;
  CHECK_FALSE(decode_face_reading(encode_face_reading(face)));
  face = example();
  face.readings[0].module_px = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(decode_face_reading(encode_face_reading(face)));
}

}  // namespace
}  // namespace backstamp::vision
