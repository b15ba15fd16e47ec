// Bars of every symbology's length, at every turn of a face: found, followed and measured.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "four_state_scene.h"
#include "no_limit.h"
#include "postal/bar_letters.h"
#include "postal/imb_bars.h"
#include "vision/four_state/bar_rows.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/bar_track.h"
#include "vision/four_state/four_state.h"
#include "vision/four_state/periodicity.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision::test {
namespace {

constexpr int kMinBars = 22;

std::string letters_of(const four_state::BarSequence& sequence) {
  std::string letters;
  for (int k = sequence.first; k <= sequence.last; ++k) {
    const four_state::Bar& bar = sequence.bars[static_cast<std::size_t>(k)];
    letters += bar.ascender > 0 ? (bar.descender > 0 ? 'F' : 'A') : (bar.descender > 0 ? 'D' : 'T');
  }
  return letters;
}

// The letters of every row of a picture, as they stand or upside down.
std::vector<std::string> rows_of(const Scene& scene) {
  const Frame frame = scene.frame();
  const Frame half = halved(frame.view());
  std::vector<std::string> rows;
  for (const four_state::BarRow& row :
       four_state::find_bar_rows(frame.view(), half.view(), kMinBars)) {
    const auto track = four_state::track_bars(frame.view(), row, kMinBars);
    if (!track) continue;
    if (const auto sequence = four_state::sample_bars(frame.view(), *track, kMinBars))
      rows.push_back(letters_of(*sequence));
  }
  return rows;
}

bool contains(const std::vector<std::string>& rows, const std::string& letters) {
  return std::any_of(rows.begin(), rows.end(), [&](const std::string& row) {
    return row == letters || row == postal::rotate_letters(letters);
  });
}

// Tracker alone at neither end would leave the run's end to chance; no code begins so.
std::string symbol_letters(std::mt19937& random, int count) {
  std::string letters = random_letters(random, count);
  letters.front() = 'A';
  letters.back() = 'F';
  return letters;
}

TEST_CASE("Symbols of 24 to 78 bars are measured exactly") {
  std::mt19937 random(24);
  for (const int count : {24, 28, 36, 37, 38, 52, 65, 66, 67, 78}) {
    for (int i = 0; i < 6; ++i) {
      const std::string letters = symbol_letters(random, count);
      CAPTURE(count, i, letters);
      Scene scene(1100, 400);
      scene.print(draw_letters(letters), {540, 200}, 9.2f, i % 2 == 0 ? 1.5f : 182.0f);
      scene.blur(0.7f);
      scene.noise(2, random);
      CHECK(contains(rows_of(scene), letters));
    }
  }
}

TEST_CASE("Codes of tall and short bars are measured: all descenders are absent") {
  std::mt19937 random(32);
  for (const int count : {32, 37, 52, 62}) {
    for (int i = 0; i < 4; ++i) {
      std::string letters = "A";
      for (int k = 2; k < count; ++k) letters += "AT"[random() % 2];
      letters += 'A';
      CAPTURE(count, i, letters);
      Scene scene(1000, 400);
      scene.print(draw_letters(letters), {480, 200}, 9.4f, i % 2 == 0 ? -1.5f : 181.0f);
      scene.blur(0.7f);
      scene.noise(2, random);
      CHECK(contains(rows_of(scene), letters));
    }
  }
}

TEST_CASE("A code is read through a pen's stroke, a blot and a hidden stretch") {
  std::mt19937 random(911);
  int hidden = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string letters = symbol_letters(random, 66);
    CAPTURE(i, letters);
    Scene scene(1000, 300);
    scene.print(draw_letters(letters), {480, 150}, 9, 1, 90);
    const int from = 300 + 30 * i;
    for (int y = 100; y < 200; ++y)
      for (int x = from; x < from + 34; ++x) scene.at(x, y) = i % 2 == 0 ? 60.0f : 225.0f;
    scene.blur(0.7f);
    scene.noise(2, random);
    const Frame frame = scene.frame();
    const Frame half = halved(frame.view());
    int found = 0;
    for (const four_state::BarRow& row :
         four_state::find_bar_rows(frame.view(), half.view(), kMinBars)) {
      const auto track = four_state::track_bars(frame.view(), row, kMinBars);
      const auto sequence =
          track ? four_state::sample_bars(frame.view(), *track, kMinBars) : std::nullopt;
      if (!sequence || sequence->run() != 66) continue;
      ++found;
      for (int k = 0; k < 66; ++k) {
        const four_state::Bar& bar = sequence->bars[static_cast<std::size_t>(sequence->first + k)];
        const char letter = letters[static_cast<std::size_t>(k)];
        const bool covered = bar.centre.x > static_cast<float>(from) - 9 &&
                             bar.centre.x < static_cast<float>(from) + 43;
        hidden += covered;
        if (covered) continue;
        CHECK((bar.ascender > 0) == (letter == 'A' || letter == 'F'));
        CHECK((bar.descender > 0) == (letter == 'D' || letter == 'F'));
      }
    }
    CHECK(found == 1);
  }
  CHECK(hidden > 40);
}

TEST_CASE("Symbols on a face on its side are measured exactly") {
  std::mt19937 random(90);
  for (const float turn : {90.0f, 270.0f}) {
    for (float skew = -12; skew <= 12; skew += 3) {
      const std::string letters = symbol_letters(random, 66);
      CAPTURE(turn, skew, letters);
      Scene scene(500, 1000);
      scene.print(draw_letters(letters), {240, 480}, 9, turn + skew);
      scene.blur(0.7f);
      scene.noise(2, random);
      CHECK(contains(rows_of(scene), letters));
    }
  }
}

TEST_CASE("A code on a face on its side is read, its outline in its own order") {
  std::mt19937 random(270);
  for (const float turn : {90.0f, 270.0f}) {
    const Digits digits = random_digits(random);
    const Drawn symbol = draw_letters(letters_of(digits));
    Scene scene(400, 900);
    const Point centre{190, 460};
    scene.print(symbol, centre, 9, turn + 2);
    const Frame frame = scene.frame();
    const FourStateResult result = read_four_state(frame.view(), Formats::all(), no_limit());
    REQUIRE(result.readings.size() == 1);
    CHECK(result.readings[0].text == digits.all());
    const float a = (turn + 2) * 3.14159265f / 180;
    const float x = -symbol.width / 2 * 9, y = -symbol.height / 2 * 9;
    CHECK(std::abs(result.readings[0].outline[0].x - centre.x - std::cos(a) * x + std::sin(a) * y) <
          4);
    CHECK(std::abs(result.readings[0].outline[0].y - centre.y - std::sin(a) * x - std::cos(a) * y) <
          4);
  }
}

TEST_CASE("The maps across and down are the same map of a picture and of its transpose") {
  std::mt19937 random(45);
  Scene scene(300, 210);
  scene.print(draw_letters(symbol_letters(random, 36)), {150, 100}, 6, 2);
  scene.noise(3, random);
  Scene mirrored(210, 300);
  for (int y = 0; y < 210; ++y)
    for (int x = 0; x < 300; ++x) mirrored.at(y, x) = scene.at(x, y);
  const Frame one = scene.frame(), two = mirrored.frame();
  const auto across = four_state::map_periodicity(one.view(), 1, four_state::Course::across);
  const auto down = four_state::map_periodicity(two.view(), 1, four_state::Course::down);
  REQUIRE(across.bands == down.bands);
  REQUIRE(across.tiles == down.tiles);
  // The floor of the noise is taken from other samples, so tiles of paper may differ.
  int both = 0, one_only = 0;
  for (std::size_t i = 0; i < across.strength.size(); ++i) {
    if (across.strength[i] > 0.5f && down.strength[i] > 0.5f) {
      ++both;
      CHECK(std::abs(across.strength[i] - down.strength[i]) < 0.001f);
      CHECK(std::abs(across.pitch[i] - down.pitch[i]) < 0.001f);
    } else if (across.strength[i] > 0.5f || down.strength[i] > 0.5f) {
      ++one_only;
    }
  }
  CHECK(both > 50);
  CHECK(one_only == 0);
}

}  // namespace
}  // namespace backstamp::vision::test
