// Symbols that say their content is GS1 do so outside of their content, in every library.
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <string_view>

#include "postal/payload.h"
#include "tests/unit/vision/matrix_scene.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

Reading read_back(Symbology symbology, std::string_view text, bool gs1) {
  const auto symbol = draw_matrix(symbology, 0, 0, Bytes(text.begin(), text.end()), gs1);
  REQUIRE(symbol);
  const Frame seen = seen_matrix(*symbol, 5, 3, 2, 1100, 700, 1);
  const FaceReading face = read_face(seen.view(), {});
  REQUIRE(face.readings.size() == 1);
  return face.readings[0];
}

TEST_CASE("GS1 elements without a separator are fields where the symbol says GS1") {
  for (const Symbology symbology : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec}) {
    INFO(postal::to_string(symbology));
    const Reading marked = read_back(
        symbology, "[01]04012345123456[11]261126[3100]000123[3110]000456[17]271126", true);
    CHECK(marked.text == "0104012345123456112611263100000123311000045617271126");
    CHECK(marked.gs1);
    const auto parsed = postal::parse_payload(symbology, marked.content, marked.gs1);
    REQUIRE(parsed);
    CHECK(parsed->kind == "GS1");
    CHECK(parsed->status == postal::PayloadStatus::checked);
    // The same digits in a symbol that does not say so are just digits.
    const Reading plain = read_back(symbology, marked.text, false);
    CHECK(plain.text == marked.text);
    CHECK_FALSE(plain.gs1);
    CHECK_FALSE(postal::parse_payload(symbology, plain.content, plain.gs1));
  }
}

TEST_CASE("What a symbol calls GS1 and is none is malformed") {
  const std::string text = "0104012345123450";  // its check digit is 6
  const auto parsed = postal::parse_payload(Symbology::data_matrix, as_bytes(text), true);
  REQUIRE(parsed);
  CHECK(parsed->kind == "GS1");
  CHECK(parsed->status == postal::PayloadStatus::malformed);
  CHECK_FALSE(postal::parse_payload(Symbology::data_matrix, as_bytes(text)));
}

}  // namespace
}  // namespace backstamp::vision
