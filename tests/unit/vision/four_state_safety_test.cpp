// What must give nothing: decoys, noise, other codes, damaged codes whose content is not sure.
#include <catch2/catch_test_macros.hpp>

#include "four_state_scene.h"
#include "no_limit.h"
#include "vision/four_state/four_state.h"

namespace backstamp::vision::test {
namespace {

FourStateResult read(const Scene& scene) {
  const Frame frame = scene.frame();
  return read_four_state(frame.view(), Formats::all(), no_limit());
}

TEST_CASE("One bar redrawn as another state gives the original content or nothing") {
  std::mt19937 random(195);
  int repaired = 0, tried = 0;
  for (int symbol = 0; symbol < 8; ++symbol) {
    const Digits digits = random_digits(random);
    const std::string letters = letters_of(digits);
    for (std::size_t bar = symbol % 4; bar < letters.size(); bar += 4) {
      for (const char state : {'A', 'D', 'F', 'T'}) {
        if (state == letters[bar]) continue;
        std::string changed = letters;
        changed[bar] = state;
        Scene scene = alone(draw_letters(changed), 8.7f, symbol % 2 == 0 ? 0.0f : 180.0f);
        const FourStateResult result = read(scene);
        CAPTURE(letters, bar, state);
        ++tried;
        REQUIRE(result.readings.size() <= 1);
        if (result.readings.empty()) continue;
        REQUIRE(result.readings[0].text == digits.all());
        CHECK(result.readings[0].repaired_bars == 1);
        ++repaired;
      }
    }
  }
  CHECK(repaired >= tried * 95 / 100);
}

TEST_CASE("Several bars redrawn give the original content or nothing") {
  std::mt19937 random(4096);
  for (int i = 0; i < 400; ++i) {
    const Digits digits = random_digits(random);
    std::string letters = letters_of(digits);
    for (int change = 0; change < 2 + i % 5; ++change)
      letters[random() % letters.size()] = "ADFT"[random() % 4];
    const FourStateResult result = read(alone(draw_letters(letters), 9.1f, 0));
    for (const Reading& reading : result.readings) REQUIRE(reading.text == digits.all());
  }
}

TEST_CASE("Random bars of any count give no reading") {
  std::mt19937 random(28);
  for (int i = 0; i < 300; ++i) {
    const int count = i % 2 == 0 ? 65 : 30 + static_cast<int>(random() % 60);
    const FourStateResult result = read(alone(draw_letters(random_letters(random, count)), 9, 1));
    REQUIRE(result.readings.empty());
  }
}

TEST_CASE("A code with bars added or taken away at an end gives no wrong reading") {
  std::mt19937 random(64);
  for (int i = 0; i < 200; ++i) {
    const Digits digits = random_digits(random);
    std::string letters = letters_of(digits);
    const std::string more = random_letters(random, 1 + i % 3);
    if (i % 4 == 0) letters = more + letters;
    if (i % 4 == 1) letters += more;
    if (i % 4 == 2) letters.erase(0, 1 + static_cast<std::size_t>(i % 3));
    if (i % 4 == 3) letters.resize(letters.size() - 1 - static_cast<std::size_t>(i % 3));
    const FourStateResult result = read(alone(draw_letters(letters), 9, 0));
    for (const Reading& reading : result.readings) REQUIRE(reading.text == digits.all());
  }
}

TEST_CASE("A located code that cannot be proved is reported as unread") {
  std::mt19937 random(7);
  std::string letters = letters_of(random_digits(random));
  for (const std::size_t bar : {3u, 17u, 30u, 44u, 58u})
    letters[bar] = letters[bar] == 'F' ? 'T' : 'F';
  const FourStateResult result = read(alone(draw_letters(letters), 9, 2));
  CHECK(result.readings.empty());
  REQUIRE(result.unread.size() == 1);
  CHECK(result.unread[0].looks_like == postal::Symbology::imb);
  CHECK(result.unread[0].cause == postal::NoReadCause::located_not_decoded);
}

TEST_CASE("Lines of text are no code") {
  std::mt19937 random(12);
  for (int face = 0; face < 12; ++face) {
    Scene scene(1400, 700);
    for (int line = 0; line < 14; ++line)
      scene.text_line({40, 50.0f + 46.0f * static_cast<float>(line)}, 1300,
                      10.0f + static_cast<float>(face), random);
    scene.blur(0.6f);
    scene.noise(2, random);
    const FourStateResult result = read(scene);
    CHECK(result.readings.empty());
    CHECK(result.unread.empty());
  }
}

TEST_CASE("Even hatching, linear codes and rulers are no code") {
  std::mt19937 random(1);
  for (const float pitch : {5.0f, 9.0f, 18.0f}) {
    for (const char letter : {'F', 'T', 'A'})
      CHECK(read(alone(draw_letters(std::string(65, letter)), pitch, 3)).readings.empty());
    Scene scene(1200, 500);
    scene.print(draw_code128("9400111899223818218407"), {600, 250}, pitch / 3, 2);
    CHECK(read(scene).readings.empty());
    CHECK(read(scene).unread.empty());
  }
}

TEST_CASE("Noise is no code") {
  std::mt19937 random(255);
  for (const float sigma : {1.0f, 8.0f, 40.0f, 120.0f}) {
    for (const auto& [width, height] : {std::pair{1930, 840}, std::pair{300, 200}}) {
      Scene scene(width, height, 128);
      scene.noise(sigma, random);
      scene.blur(sigma > 50 ? 1.0f : 0.0f);
      const FourStateResult result = read(scene);
      CHECK(result.readings.empty());
      CHECK(result.unread.empty());
    }
  }
}

TEST_CASE("Pictures of every small size are looked at without harm") {
  std::mt19937 random(2);
  for (const int width : {1, 2, 3, 5, 15, 16, 17, 33, 64, 97, 130, 700}) {
    for (const int height : {1, 2, 3, 4, 5, 7, 8, 9, 16, 40}) {
      Scene scene(width, height, 128);
      for (int x = 0; x < width; x += 9)
        for (int y = 0; y < height; ++y) scene.at(x, y) = 10;
      scene.noise(5, random);
      CHECK(read(scene).readings.empty());
    }
  }
  CHECK(read_four_state(ImageView{}, Formats::all(), no_limit()).readings.empty());
}

TEST_CASE("Bars that run off the picture do no harm") {
  std::mt19937 random(9);
  const Drawn symbol = draw_letters(letters_of(random_digits(random)));
  for (const float x : {0.0f, 60.0f, 290.0f, 560.0f}) {
    for (const float y : {0.0f, 6.0f, 12.0f, 100.0f}) {
      Scene scene(620, 110);
      scene.print(symbol, {x, y}, 9, 2);
      CHECK(read(scene).readings.empty());
    }
  }
}

TEST_CASE("Rows beyond what may be spent are left out and said to be") {
  std::mt19937 random(5);
  const Frame frame = alone(draw_letters(letters_of(random_digits(random))), 9, 0).frame();
  Effort late(Effort::kUnlimited, SteadyTime::min());
  CHECK(read_four_state(frame.view(), Formats::all(), late).readings.empty());
  CHECK((late.ended() && late.ended_by_clock()));
  Effort little(charge::kBarRow);
  CHECK(read_four_state(frame.view(), Formats::all(), little).readings.empty());
  CHECK((little.ended() && !little.ended_by_clock()));
  const FourStateResult early = read_four_state(frame.view(), Formats::all(), no_limit());
  CHECK(early.readings.size() == 1);
}

TEST_CASE("A part of a larger picture is read in its own coordinates") {
  std::mt19937 random(6);
  const Digits digits = random_digits(random);
  Scene scene(1200, 600);
  scene.print(draw_letters(letters_of(digits)), {700, 400}, 9, 0);
  const Frame frame = scene.frame();
  const ImageView part = frame.view().part(301, 203, 850, 390);
  const FourStateResult result = read_four_state(part, Formats::all(), no_limit());
  REQUIRE(result.readings.size() == 1);
  CHECK(result.readings[0].text == digits.all());
  CHECK(result.readings[0].outline[0].x < 400 - 270);
}

TEST_CASE("A KIX whose last characters a label covers is not read as a shorter one") {
  constexpr float kPitch_px = 10;
  std::mt19937 random(41);
  const Drawn drawn = draw_bars(postal::Symbology::kix, "1766DL494");
  for (const float label : {225.0f, 255.0f, 185.0f}) {  // the first is the paper's own grey
    Scene scene = alone(drawn, kPitch_px, 0, 120);
    // The last four bars end six pitches of paper before the edge.
    const int right = scene.width() - static_cast<int>(5.5f * kPitch_px);
    const int height = scene.frame().height_px();
    for (int y = 0; y < height; ++y)
      for (int x = right - static_cast<int>(4.2f * kPitch_px); x < right; ++x)
        scene.at(x, y) = label;
    scene.blur(0.8f);
    scene.noise(2, random);
    const FourStateResult result = read(scene);
    INFO("label of grey " << label);
    // What nothing tells from a shorter address is read as that.
    CHECK(result.readings.size() == (label == 225 ? 1u : 0u));
  }
}

}  // namespace
}  // namespace backstamp::vision::test
