#include "station/capture/strip_cutter.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <functional>

#include "postal/event.h"
#include "tests/unit/station/capture/belt.h"
#include "vision/frame_ring.h"

namespace backstamp::station::capture {
namespace {

using postal::PieceMark;

constexpr int kWidth = 640;

StripConfig config_of(int longest_px = 900) {
  StripConfig config;
  config.shortest_px = 100;
  config.longest_px = longest_px;
  return config;
}

std::optional<vision::Frame> from_heap(int width_px, int height_px) {
  return vision::Frame(width_px, height_px);
}

struct Cut {
  int line = 0;  ///< where its first line lies in the stream
  int lines = 0;
  std::uint32_t marks = 0;
  bool operator==(const Cut&) const = default;
};

bool has(std::uint32_t marks, PieceMark mark) {
  return (marks & static_cast<std::uint32_t>(mark)) != 0;
}

/// All pieces of a belt, fed in strips of the heights that `height` gives.
std::vector<vision::Capture> cut(const Belt& belt, const StripConfig& config,
                                 const std::function<int()>& height,
                                 AcquireSlot acquire = from_heap) {
  StripCutter cutter(config, std::move(acquire));
  std::vector<vision::Capture> pieces;
  for (int line = 0; line < belt.lines();) {
    const int until = std::min(line + height(), belt.lines());
    cutter.take(belt.strip(line, until), pieces);
    line = until;
  }
  cutter.break_off(pieces);
  return pieces;
}

std::vector<Cut> where(const Belt& belt, const std::vector<vision::Capture>& pieces) {
  std::vector<Cut> cuts;
  for (const vision::Capture& piece : pieces) {
    REQUIRE_FALSE(piece.frame.empty());
    cuts.push_back({belt.line_of(piece.frame.view()), piece.frame.height_px(), piece.marks});
  }
  return cuts;
}

std::vector<Cut> cuts_of(const Belt& belt, const StripConfig& config, int height = 64) {
  return where(belt, cut(belt, config, [height] { return height; }));
}

/// Was the piece with these lines of mail found, whole and with its margins?
void check_found(const Cut& found, int begin, int end, const StripConfig& config) {
  INFO("lines " << begin << " to " << end << ", found " << found.line << " to "
                << found.line + found.lines);
  CHECK(found.line <= begin);
  CHECK(found.line >= begin - config.margin_px - 2);
  CHECK(found.line + found.lines >= end);
  CHECK(found.line + found.lines <= end + config.margin_px + 2);
}

TEST_CASE("pieces are cut out whole, with margins, whatever the height of strips") {
  const auto seed = GENERATE(range(1u, 13u));
  CAPTURE(seed);
  Belt belt(kWidth, 6000, seed);
  const StripConfig config = config_of();
  struct Laid {
    int begin;
    int end;
  };
  std::vector<Laid> laid;
  for (int line = belt.pick(40, 200); line < belt.lines() - 1000;) {
    const int width = belt.pick(240, 440);
    const int length = belt.pick(150, 600);
    const double skew = seed % 3 == 0 ? 0 : belt.pick(-80, 80) / 10.0;
    const double angle = std::abs(skew) * 3.14159265 / 180;
    const int height = static_cast<int>(length * std::cos(angle) + width * std::sin(angle));
    belt.piece(line - (length - height) / 2, belt.pick(60, kWidth - width - 60), width, length,
               skew);
    laid.push_back({line, line + height});
    line += height + belt.pick(30, 200);
  }
  // Dirt on the belt and beside mail: specks, and a hair along it.
  for (int i = 0; i < 40; ++i) {
    belt.spot(belt.pick(0, belt.lines() - 60), kWidth - 30, belt.pick(2, 20), belt.pick(2, 40),
              230);
  }
  belt.spot(0, 8, 3, belt.lines(), 230);

  const auto cuts = cuts_of(belt, config);
  REQUIRE(cuts.size() == laid.size());
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    // The corner of a skewed piece is narrower than what counts as mail.
    CHECK(cuts[i].marks == 0);
    check_found(cuts[i], laid[i].begin + 1, laid[i].end - 1, config);
  }
  for (const int height : {1, 7, 333, 6000}) {
    CAPTURE(height);
    CHECK(cuts_of(belt, config, height) == cuts);
  }
  const auto any = where(belt, cut(belt, config, [&] { return belt.pick(1, 500); }));
  CHECK(any == cuts);
}

TEST_CASE("an empty belt has no pieces, and short spots are counted as dirt") {
  Belt belt(kWidth, 3000, 7);
  belt.spot(500, 100, 200, 60, 220);
  belt.spot(1500, 100, 500, 30, 220);
  StripCutter cutter(config_of(), from_heap);
  std::vector<vision::Capture> pieces;
  for (int line = 0; line < 3000; line += 100) cutter.take(belt.strip(line, line + 100), pieces);
  CHECK(pieces.empty());
  CHECK(cutter.dirt() == 2);
}

TEST_CASE("mail darker than a light belt is found as well") {
  Belt belt(kWidth, 1500, 3, 230, 90);
  belt.piece(400, 100, 400, 300, 0, false);
  StripConfig config = config_of();
  config.light_background = true;
  config.threshold = 160;
  const auto cuts = cuts_of(belt, config);
  REQUIRE(cuts.size() == 1);
  check_found(cuts[0], 400, 700, config);
}

TEST_CASE("two pieces with a thin dark seam are cut there and marked touching") {
  Belt belt(kWidth, 2000, 4);
  belt.piece(300, 100, 400, 300);
  belt.piece(603, 100, 400, 280);
  const StripConfig config = config_of();
  const auto cuts = cuts_of(belt, config);
  REQUIRE(cuts.size() == 2);
  for (const Cut& found : cuts)
    CHECK(found.marks == static_cast<std::uint32_t>(PieceMark::touching));
  check_found(cuts[0], 300, 600, config);
  check_found(cuts[1], 603, 883, config);
  CHECK(cuts_of(belt, config, 1) == cuts);
}

TEST_CASE("two pieces that touch, one beside the other's place, are cut where both edges step") {
  Belt belt(kWidth, 2000, 5);
  belt.piece(300, 60, 400, 300);
  belt.piece(600, 160, 400, 280);
  const StripConfig config = config_of();
  const auto cuts = cuts_of(belt, config);
  REQUIRE(cuts.size() == 2);
  for (const Cut& found : cuts) CHECK(has(found.marks, PieceMark::touching));
  check_found(cuts[0], 300, 600, config);
  check_found(cuts[1], 600, 880, config);
}

TEST_CASE("a piece that lies on another is marked, not cut") {
  Belt belt(kWidth, 2000, 6);
  belt.piece(300, 60, 400, 400);
  belt.piece(500, 120, 400, 400);  // covers the end of the first
  const auto cuts = cuts_of(belt, config_of());
  REQUIRE(cuts.size() == 1);
  CHECK(has(cuts[0].marks, PieceMark::overlapping));
  CHECK_FALSE(has(cuts[0].marks, PieceMark::touching));
  check_found(cuts[0], 300, 900, config_of());
}

TEST_CASE("dark print at an edge, a single dark line and a torn corner make no second piece") {
  Belt belt(kWidth, 2000, 8);
  belt.piece(300, 100, 400, 500);
  SECTION("print") {
    belt.spot(400, 100, 120, 90, 25);
  }
  SECTION("a line that the camera lost") {
    belt.spot(500, 0, kWidth, 1, 20);
  }
  SECTION("corner") {
    for (int i = 0; i < 60; ++i) belt.spot(300 + i, 100, 120 - 2 * i, 1, 25);
  }
  const auto cuts = cuts_of(belt, config_of());
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].marks == 0);
}

TEST_CASE("what is longer than mail may be is cut at its seam, or at the longest, and marked") {
  const StripConfig config = config_of(500);
  SECTION("one endless thing") {
    Belt belt(kWidth, 3000, 9);
    belt.piece(300, 100, 400, 1350);
    const auto cuts = cuts_of(belt, config);
    REQUIRE(cuts.size() == 3);
    int end = 0;
    for (const Cut& found : cuts) {
      CHECK(has(found.marks, PieceMark::too_long));
      if (end > 0) CHECK(found.line == end);
      end = found.line + found.lines;
    }
    CHECK(cuts[0].line <= 300);
    CHECK(end >= 1650);
    CHECK(cuts_of(belt, config, 17) == cuts);
  }
  SECTION("two pieces that touch") {
    Belt belt(kWidth, 3000, 10);
    belt.piece(300, 100, 400, 300);
    belt.piece(603, 100, 400, 480);
    const auto cuts = cuts_of(belt, config);
    REQUIRE(cuts.size() == 2);
    check_found(cuts[0], 300, 600, config);
    check_found(cuts[1], 603, 1083, config);
    for (const Cut& found : cuts) {
      CHECK(has(found.marks, PieceMark::touching));
      CHECK_FALSE(has(found.marks, PieceMark::too_long));
    }
  }
  SECTION("a queue of ten that touch") {
    Belt belt(kWidth, 4000, 11);
    for (int i = 0; i < 10; ++i) belt.piece(300 + 253 * i, 100, 400, 250);
    const auto cuts = cuts_of(belt, config);
    REQUIRE(cuts.size() == 10);
    for (int i = 0; i < 10; ++i) {
      check_found(cuts[static_cast<std::size_t>(i)], 300 + 253 * i, 550 + 253 * i, config);
    }
    CHECK(cuts_of(belt, config, 1) == cuts);
  }
}

TEST_CASE("where the stream breaks off, the piece on both sides of it is marked cut short") {
  Belt belt(kWidth, 2000, 12);
  belt.piece(300, 100, 400, 600);
  belt.piece(1200, 100, 400, 300);
  StripCutter cutter(config_of(), from_heap);
  std::vector<vision::Capture> pieces;
  cutter.take(belt.strip(0, 500), pieces);
  cutter.break_off(pieces);
  REQUIRE(pieces.size() == 1);
  CHECK(has(pieces[0].marks, PieceMark::cut_short));
  CHECK(pieces[0].frame.height_px() >= 200);
  cutter.take(belt.strip(560, 2000), pieces);
  REQUIRE(pieces.size() == 3);
  CHECK(has(pieces[1].marks, PieceMark::cut_short));
  CHECK(belt.line_of(pieces[1].frame.view()) == 560);
  CHECK(pieces[2].marks == 0);
}

TEST_CASE("a piece knows the encoder's count at its leading edge and when its last line came") {
  Belt belt(kWidth, 2000, 13);
  belt.piece(730, 100, 400, 300);
  const auto pieces = cut(belt, config_of(), [] { return 100; });
  REQUIRE(pieces.size() == 1);
  REQUIRE(pieces[0].encoder.has_value());
  CHECK(*pieces[0].encoder == 1000 + 730 * 4);
  CHECK(pieces[0].frame_number == 700);
  CHECK(pieces[0].arrived == SteadyTime(std::chrono::milliseconds(1100)));
}

TEST_CASE("pieces for which no memory is free are told of, one by one, and the next are cut") {
  Belt belt(kWidth, 4000, 14);
  for (int i = 0; i < 4; ++i) belt.piece(300 + 900 * i, 100, 400, 300);
  int asked = 0;
  const auto pieces = cut(
      belt, config_of(), [] { return 64; },
      [&](int width_px, int height_px) {
        return ++asked == 2 ? std::nullopt : from_heap(width_px, height_px);
      });
  REQUIRE(pieces.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(pieces[i].frame.empty() == (i == 1));
    CHECK(pieces[i].fault.empty() == (i != 1));
  }
}

TEST_CASE("slots of the ring all come back") {
  auto ring = vision::FrameRing::create({.slot_bytes = 1u << 20, .slots = 6});
  REQUIRE(ring.has_value());
  Belt belt(kWidth, 4000, 15);
  for (int i = 0; i < 10; ++i) belt.piece(300 + 253 * i, 100, 400, 250);
  StripCutter cutter(config_of(), [&](int width_px, int height_px) {
    return (*ring)->acquire(width_px, height_px);
  });
  std::vector<vision::Capture> pieces;
  std::size_t count = 0;
  for (int line = 0; line < 4000; line += 100) {
    cutter.take(belt.strip(line, line + 100), pieces);
    for (const auto& piece : pieces) CHECK((*ring)->offset_of(piece.frame.view()).has_value());
    count += pieces.size();
    pieces.clear();
  }
  CHECK(count == 10);
  CHECK((*ring)->in_use() == 0);
}

TEST_CASE("no line of noise, print or light breaks the cutter") {
  const auto seed = GENERATE(range(1u, 9u));
  std::mt19937_64 random(seed);
  StripConfig config = config_of(300);
  config.margin_px = static_cast<int>(random() % 40);
  config.gap_px = 1 + static_cast<int>(random() % 20);
  config.shortest_px = 1 + static_cast<int>(random() % 200);
  StripCutter cutter(config, from_heap);
  std::vector<vision::Capture> pieces;
  std::size_t lines = 0;
  for (int i = 0; i < 200; ++i) {
    vision::Capture strip;
    const int width = i % 50 == 49 ? 1 + static_cast<int>(random() % 300) : 320;
    strip.frame = vision::Frame(width, 1 + static_cast<int>(random() % 60));
    for (int y = 0; y < strip.frame.height_px(); ++y) {
      const bool mail = random() % 8 != 0;
      const auto left = static_cast<int>(random() % 40);
      for (int x = 0; x < width; ++x) {
        strip.frame.row(y)[x] = static_cast<std::uint8_t>(mail && x > left ? random() | 0x80 : 10);
      }
    }
    if (random() % 30 == 0) cutter.break_off(pieces);
    strip.encoder = random();
    cutter.take(strip, pieces);
    for (const auto& piece : pieces) {
      CHECK(piece.frame.height_px() <= strip_lines(config));
      lines += static_cast<std::size_t>(piece.frame.height_px());
    }
    pieces.clear();
  }
  CHECK(lines > 0);
}

}  // namespace
}  // namespace backstamp::station::capture
