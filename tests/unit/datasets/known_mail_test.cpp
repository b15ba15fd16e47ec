#include "datasets/known_mail.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "tests/unit/datasets/sample_dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

constexpr const char* kLine =
    R"({"image": "s42_7.png", "difficulty": "hard", "has_code": true, "width": 9, "symbols": [)"
    R"({"type": "DataMatrix", "role": "indicium", "hex": "55ff", "text": null},)"
    R"({"type": "UPCA", "role": "decoy", "hex": "3031"}]})";
constexpr const char* kOwn =
    R"({"image": "0001.png", "class": "typical", "damaged": false, "symbols": [)"
    R"({"format": "IMb", "role": "id", "hex": "3132", "outline": []}]})";

Result<FaceTruth> parsed(std::string_view text) {
  return parse_face_truth(as_bytes(text));
}

TEST_CASE("a line of truth.jsonl and a KEY.json give the same kind of truth") {
  const auto line = parsed(kLine);
  REQUIRE(line);
  CHECK(line->image == "s42_7.png");
  CHECK(line->face_class == "hard");
  CHECK(line->has_code);
  REQUIRE(line->symbols.size() == 2);
  CHECK(line->symbols[0].type == "DataMatrix");
  CHECK(line->symbols[0].content == Bytes{0x55, 0xFF});
  CHECK(line->symbols[0].postal());
  CHECK_FALSE(line->symbols[1].postal());
  const auto own = parsed(kOwn);
  REQUIRE(own);
  CHECK(own->face_class == "typical");
  CHECK(own->has_code);
  REQUIRE(own->symbols.size() == 1);
  CHECK(own->symbols[0].type == "IMb");
  CHECK(own->symbols[0].role == "id");
}

TEST_CASE("a face with nothing but a decoy holds no postal code") {
  const auto truth =
      parsed(R"({"image": "b.png", "difficulty": "blank", "symbols": [{"type": "UPCA",)"
             R"( "role": "decoy", "hex": "30"}]})");
  REQUIRE(truth);
  CHECK_FALSE(truth->has_code);
}

TEST_CASE("a truth that is none says what is wrong with it") {
  for (const char* text :
       {"", "[]", "{", R"({"image": "a.png", "symbols": []})",
        R"({"image": "a.png", "difficulty": "hard"})",
        R"({"image": "../a.png", "difficulty": "hard", "symbols": []})",
        R"({"image": "a\u001b[2J.png", "difficulty": "hard", "symbols": []})",
        R"({"image": "a.png", "difficulty": "ha\u0007rd", "symbols": []})",
        R"({"image": "..", "difficulty": "hard", "symbols": []})",
        R"({"image": 7, "difficulty": "hard", "symbols": []})",
        R"({"image": "a.png", "difficulty": "hard", "symbols": [7]})",
        R"({"image": "a.png", "difficulty": "hard", "symbols": [{"type": "IMb"}]})",
        R"({"image": "a.png", "difficulty": "hard", "symbols": [{"type": "IMb", "hex": "0"}]})",
        R"({"image": "a.png", "difficulty": "hard", "symbols": [{"type": 1, "hex": ""}]})",
        R"({"image": "a.png", "class": "hard", "symbols": [{"hex": ""}]})"}) {
    INFO(text);
    const auto truth = parsed(text);
    REQUIRE_FALSE(truth);
    CHECK(truth.error().kind == ErrorKind::invalid);
  }
  std::string many = R"({"image": "a.png", "difficulty": "hard", "symbols": [)";
  for (int i = 0; i < 257; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"type": "KIX", "hex": ""})";
  const auto crowd = parsed(many + "]}");
  REQUIRE_FALSE(crowd);
  CHECK(crowd.error().kind == ErrorKind::limit);
}

TEST_CASE("a folder with its truth.jsonl and a dataset are gone through alike") {
  const TemporaryFolder folder;
  const auto plain = folder.path() / "plain";
  std::filesystem::create_directory(plain);
  std::ofstream(plain / "truth.jsonl") << kLine << "\n\n"
                                       << "{}\n"
                                       << R"({"image": "missing.png", "difficulty": "hard",)"
                                       << R"( "symbols": []})";
  std::ofstream(plain / "s42_7.png") << "picture";
  auto mail = KnownMail::open(plain);
  REQUIRE(mail);
  const auto first = mail->next();
  REQUIRE(first);
  REQUIRE(*first);
  CHECK((*first)->truth.image == "s42_7.png");
  CHECK((*first)->picture == Bytes{'p', 'i', 'c', 't', 'u', 'r', 'e'});
  const auto bad = mail->next();
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("line 3") != std::string::npos);
  const auto missing = mail->next();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  const auto end = mail->next();
  REQUIRE(end);
  CHECK_FALSE(*end);
}

TEST_CASE("samples of a dataset without a truth or a picture are passed over") {
  const TemporaryFolder folder;
  Sample with{"piece_1", {}};
  with.parts["png"] = test_bytes(20, 1);
  with.parts["json"] = Bytes(kOwn, kOwn + std::string_view(kOwn).size());
  Sample without{"piece_2", {}};
  without.parts["png"] = test_bytes(20, 2);
  Sample lone{"piece_3", {}};
  lone.parts["json"] = with.parts["json"];
  write_samples(folder.path() / "mail", {without, lone, with});
  auto mail = KnownMail::open(folder.path() / "mail");
  REQUIRE(mail);
  const auto face = mail->next();
  REQUIRE(face);
  REQUIRE(*face);
  CHECK((*face)->truth.image == "piece_1.png");
  CHECK((*face)->picture == with.parts["png"]);
  const auto end = mail->next();
  REQUIRE(end);
  CHECK_FALSE(*end);
}

TEST_CASE("a folder without manifest and truth, and a path that is not there, are not found") {
  const TemporaryFolder folder;
  CHECK_FALSE(KnownMail::open(folder.path()));
  CHECK_FALSE(KnownMail::open(folder.path() / "nowhere"));
}

}  // namespace
}  // namespace backstamp::datasets
