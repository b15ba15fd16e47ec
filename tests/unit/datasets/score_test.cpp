#include "datasets/score.h"

#include <catch2/catch_test_macros.hpp>

#include "datasets/face_truth.h"

namespace backstamp::datasets {
namespace {

Bytes bytes(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

FaceTruth envelope() {
  FaceTruth truth{"a.png", "typical", true, {}};
  truth.symbols = {{"DataMatrix", bytes("token"), "indicium"},
                   {"IMb", bytes("0027012345600000000112345678901"), "id"},
                   {"UPCA", bytes("012345678905"), "decoy"}};
  return truth;
}

TEST_CASE("a reading with the type and the content of a symbol reads it, once") {
  const std::vector<SeenSymbol> seen{{"DataMatrix", bytes("token")},
                                     {"IMb", bytes("0027012345600000000112345678901")},
                                     {"DataMatrix", bytes("token")}};
  const FaceScore score = score_face(envelope(), seen);
  CHECK(score.read == std::vector<bool>{true, true, false});
  CHECK(score.right == std::vector<std::size_t>{0, 1});
  CHECK(score.twice == 1);
  CHECK(score.misreads.empty());
}

TEST_CASE("another content, another type and a symbol too many are misreads") {
  const std::vector<SeenSymbol> seen{{"DataMatrix", bytes("tokem")},
                                     {"QRCode", bytes("token")},
                                     {"IMb", bytes("0027012345600000000112345678902")},
                                     {"KIX", bytes("1231FZ13XHS")}};
  const FaceScore score = score_face(envelope(), seen);
  CHECK(score.misreads == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(score.read == std::vector<bool>{false, false, false});
}

TEST_CASE("a decoy that is read right is neither a read nor a misread") {
  const std::vector<SeenSymbol> seen{{"EAN-13", bytes("0012345678905")}};
  const FaceScore score = score_face(envelope(), seen);
  CHECK(score.misreads.empty());
  ScoreSheet sheet;
  sheet.add(envelope(), score);
  CHECK(sheet.symbols.size() == 2);
  CHECK(sheet.sum(type_families()[0].types, "").total == 1);
  CHECK(sheet.sum(type_families()[0].types, "").read == 0);
}

TEST_CASE("names of types and spellings of contents that mean the same are the same") {
  CHECK(folded_type("Data_Matrix ECC-200") == "datamatrix");
  CHECK(folded_type("GS1-128") == "code128");
  CHECK(folded_type("Mailmark-L") == "mailmark");
  CHECK(folded_type("POSTNET") == "postnet");
  CHECK(comparable_content("code128", bytes("\x1D(01)095\x1D")) == bytes("01095"));
  CHECK(comparable_content("imb", bytes("00270-123456 7")) == bytes("002701234567"));
  CHECK(comparable_content("mailmark", bytes("41038422416563762EF61AH8T  ")) ==
        bytes("41038422416563762EF61AH8T"));
  CHECK(comparable_content("kix", bytes("1231 ")) == bytes("1231 "));
  CHECK(comparable_content("upca", bytes("0012")) == bytes("12"));
  CHECK(comparable_content("upca", bytes("000")) == bytes(""));
}

TEST_CASE("of two equal symbols on a face one can be read") {
  FaceTruth truth{"a.png", "clean", true, {}};
  truth.symbols = {{"KIX", bytes("1231FZ13"), "id"}, {"KIX", bytes("1231FZ13"), "id"}};
  const std::vector<SeenSymbol> seen{{"KIX", bytes("1231FZ13")}, {"KIX", bytes("1231FZ13")}};
  const FaceScore score = score_face(truth, seen);
  CHECK(score.read == std::vector<bool>{true, false});
  CHECK(score.twice == 1);
}

TEST_CASE("a sheet counts symbols by type and class, whole faces, and what is read on blanks") {
  ScoreSheet sheet;
  const std::vector<SeenSymbol> both{{"DataMatrix", bytes("token")},
                                     {"IMb", bytes("0027012345600000000112345678901")}};
  const std::vector<SeenSymbol> one{both[0], {"IMb", bytes("1")}};
  FaceTruth hard = envelope();
  hard.face_class = "hard";
  sheet.add(envelope(), score_face(envelope(), both));
  sheet.add(hard, score_face(hard, one));
  const FaceTruth blank{"b.png", "blank", false, {}};
  sheet.add(blank, score_face(blank, one));
  CHECK(sheet.images == 3);
  CHECK(sheet.blanks == 1);
  CHECK(sheet.misreads == 3);
  CHECK(sheet.on_blanks == 2);
  CHECK(sheet.symbols.at({"IMb", "hard"}).read == 0);
  CHECK(sheet.symbols.at({"IMb", "typical"}).read == 1);
  CHECK(sheet.faces.at("typical").read == 1);
  CHECK(sheet.faces.at("hard").read == 0);
  CHECK_FALSE(sheet.faces.contains("blank"));
  CHECK(sheet.types() == std::vector<std::string>{"DataMatrix", "IMb"});
  CHECK(sheet.classes() == std::vector<std::string>{"typical", "hard"});
}

}  // namespace
}  // namespace backstamp::datasets
