// Drawn Intelligent Mail barcodes, from pixels to digits.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "four_state_scene.h"
#include "no_limit.h"
#include "vision/four_state/four_state.h"

namespace backstamp::vision::test {
namespace {

FourStateResult read(const Scene& scene) {
  const Frame frame = scene.frame();
  return read_four_state(frame.view(), Formats::all(), no_limit());
}

// The one text read, "" for none, "!" for several.
std::string text_of(const FourStateResult& result) {
  if (result.readings.empty()) return "";
  return result.readings.size() == 1 ? result.readings[0].text : "!";
}

struct Vector {
  const char* letters;
  const char* digits;
};

// USPS-B-3200 Rev H, the specification's own examples.
constexpr Vector kVectors[] = {
    {"ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT", "01234567094987654321"},
    {"DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT",
     "0123456709498765432101234"},
    {"ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA",
     "01234567094987654321012345678"},
    {"AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA",
     "0123456709498765432101234567891"}};

TEST_CASE("The specification's examples are read, upright and upside down, at every scale") {
  for (const Vector& vector : kVectors) {
    for (const float pitch : {4.5f, 6.0f, 8.3f, 9.0f, 10.0f, 14.0f, 20.0f, 30.0f}) {
      for (const float angle : {0.0f, 180.0f}) {
        CAPTURE(vector.letters, pitch, angle);
        Scene scene = alone(draw_letters(vector.letters), pitch, angle);
        scene.blur(0.4f);
        const FourStateResult result = read(scene);
        REQUIRE(text_of(result) == vector.digits);
        CHECK(result.readings[0].repaired_bars == 0);
      }
    }
  }
}

TEST_CASE("A reading tells where, how large and how dark the symbol is") {
  const Drawn symbol = draw_letters(kVectors[3].letters);
  for (const float angle : {4.0f, 184.0f}) {
    Scene scene(900, 300);
    const Point centre{440, 150};
    scene.print(symbol, centre, 9.0f, angle, 60);
    const FourStateResult result = read(scene);
    REQUIRE(result.readings.size() == 1);
    const Reading& reading = result.readings[0];
    CHECK(reading.symbology == postal::Symbology::imb);
    CHECK(std::string(reading.content.begin(), reading.content.end()) == reading.text);
    CHECK(reading.rung == "imb");
    CHECK(std::abs(reading.module_px - 9.0f) < 0.1f);
    CHECK(reading.contrast > 0.4f);
    CHECK(reading.contrast < 0.75f);
    // The symbol's own top-left first, so turned with it.
    const float a = angle * 3.14159265f / 180;
    const float x = -symbol.width / 2 * 9, y = -symbol.height / 2 * 9;
    const Point corner{centre.x + std::cos(a) * x - std::sin(a) * y,
                       centre.y + std::sin(a) * x + std::cos(a) * y};
    CHECK(std::abs(reading.outline[0].x - corner.x) < 3);
    CHECK(std::abs(reading.outline[0].y - corner.y) < 3);
  }
}

TEST_CASE("Codes drawn by libzint are read without a misread, either way up") {
  std::mt19937 random(65);
  const int count = std::getenv("BACKSTAMP_LONG") != nullptr ? 10'000 : 2'000;
  int unread = 0;
  for (int i = 0; i < count; ++i) {
    const Digits digits = random_digits(random);
    const float pitch = std::uniform_real_distribution<float>(6, 12)(random);
    const float angle = (i % 2 == 0 ? 0.0f : 180.0f);
    Scene scene = alone(draw_imb(digits.tracking, digits.routing), pitch, angle);
    const std::string text = text_of(read(scene));
    CAPTURE(i, digits.all(), pitch, angle);
    if (text.empty())
      ++unread;
    else
      REQUIRE(text == digits.all());
  }
  CHECK(unread == 0);
}

TEST_CASE("Skew up to ten degrees is read") {
  std::mt19937 random(10);
  for (float skew = -10; skew <= 10; skew += 0.5f) {
    for (const float turn : {0.0f, 180.0f}) {
      const Digits digits = random_digits(random);
      CAPTURE(skew, turn, digits.all());
      Scene scene = alone(draw_imb(digits.tracking, digits.routing), 9.2f, skew + turn);
      scene.blur(0.7f);
      scene.noise(2, random);
      CHECK(text_of(read(scene)) == digits.all());
    }
  }
}

TEST_CASE("Blur, noise, faint ink and uneven light are read") {
  std::mt19937 random(3);
  int reads = 0;
  constexpr int kCount = 150;
  for (int i = 0; i < kCount; ++i) {
    const Digits digits = random_digits(random);
    Scene scene = alone(draw_letters(letters_of(digits), 0.42f), 8.9f, i % 2 == 0 ? 2.0f : 181.0f);
    scene.contrast(0.35f);
    scene.motion(2);
    scene.blur(1.1f);
    scene.uneven_light(0.35f);
    scene.noise(4, random);
    const std::string text = text_of(read(scene));
    CAPTURE(i, digits.all());
    if (!text.empty()) REQUIRE(text == digits.all());
    reads += !text.empty();
  }
  CHECK(reads >= kCount * 97 / 100);
}

TEST_CASE("A code among lines of text on a whole face is read, and nothing else") {
  std::mt19937 random(1930);
  for (int face = 0; face < 8; ++face) {
    const Digits digits = random_digits(random);
    Scene scene(1930, 840);
    for (int line = 0; line < 4; ++line)
      scene.text_line({90, 80.0f + 38.0f * static_cast<float>(line)}, 380, 15, random);
    for (int line = 0; line < 4; ++line)
      scene.text_line({800, 390.0f + 42.0f * static_cast<float>(line)}, 500, 17, random);
    const Drawn symbol = draw_imb(digits.tracking, digits.routing);
    const float skew = -6 + 1.7f * static_cast<float>(face) + (face % 2 == 0 ? 0.0f : 180.0f);
    scene.print(symbol, {1250, 640}, 8.9f / symbol.pitch, skew);
    scene.blur(0.6f);
    scene.noise(2, random);
    CAPTURE(face, skew);
    CHECK(text_of(read(scene)) == digits.all());
  }
}

TEST_CASE("Every code on a face is read") {
  std::mt19937 random(4);
  Scene scene(1600, 700);
  std::vector<std::string> printed;
  for (const float y : {100.0f, 180.0f, 480.0f}) {
    const Digits digits = random_digits(random);
    printed.push_back(digits.all());
    scene.print(draw_letters(letters_of(digits)), {700, y}, 9, y > 400 ? 181.0f : -1.0f);
  }
  const FourStateResult result = read(scene);
  std::vector<std::string> texts;
  for (const Reading& reading : result.readings) texts.push_back(reading.text);
  std::sort(texts.begin(), texts.end());
  std::sort(printed.begin(), printed.end());
  CHECK(texts == printed);
}

}  // namespace
}  // namespace backstamp::vision::test
