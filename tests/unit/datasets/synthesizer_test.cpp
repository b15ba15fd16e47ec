#include "datasets/synthesizer.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/crc32c.h"
#include "datasets/random.h"
#include "datasets/synthetic_mint.h"
#include "postal/key_bundle.h"
#include "postal/token.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

using namespace std::chrono;
constexpr Date kMailed{year{2026}, month{11}, day{20}};

FaceRequest request_of(FaceClass face_class, std::uint64_t index) {
  static const SyntheticMint mint = *SyntheticMint::make(5, kMailed);
  auto piece = mint.piece(index);
  REQUIRE(piece);
  FaceRequest request;
  request.face_class = face_class;
  request.symbols = std::move(piece->symbols);
  request.address_lines = std::move(piece->address_lines);
  request.postage = std::move(piece->postage);
  return request;
}

std::uint32_t checksum(const SynthesizedFace& face) {
  const vision::ImageView view = face.picture.view();
  return crc32c({view.pixels, static_cast<std::size_t>(view.width_px) *
                                  static_cast<std::size_t>(view.height_px)});
}

/// The mean grey at a place of a symbol's own square: (0,0) its top left, (1,1) bottom right.
double grey_at(const SynthesizedFace& face, const vision::Quad& outline, double u, double v) {
  const vision::ImageView view = face.picture.view();
  const auto mix = [&](auto member) {
    const double top = outline[0].*member * (1 - u) + outline[1].*member * u;
    const double bottom = outline[3].*member * (1 - u) + outline[2].*member * u;
    return top * (1 - v) + bottom * v;
  };
  const int x = static_cast<int>(mix(&vision::Point::x));
  const int y = static_cast<int>(mix(&vision::Point::y));
  REQUIRE((x >= 0 && y >= 0 && x < view.width_px && y < view.height_px));
  return view.row(y)[x];
}

double mean_along(const SynthesizedFace& face, const vision::Quad& outline, double u0, double v0,
                  double u1, double v1) {
  double sum = 0;
  for (int i = 0; i < 200; ++i) {
    const double t = (i + 0.5) / 200;
    sum += grey_at(face, outline, u0 + (u1 - u0) * t, v0 + (v1 - v0) * t);
  }
  return sum / 200;
}

TEST_CASE("random numbers are the same on every platform") {
  Random random(42);
  CHECK(random.bits() == 1546998764402558742u);
  CHECK(random.bits() == 6990951692964543102u);
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::int64_t value = random.normal256();
    sum += value;
    squares += value * value;
  }
  CHECK(std::abs(sum / 100000) <= 2);
  CHECK(std::abs(squares / 100000 - 256 * 256) < 1500);
}

TEST_CASE("the same request and seed make the same pixels, another seed makes others") {
  for (const FaceClass face_class : {FaceClass::clean, FaceClass::hard}) {
    const auto one = synthesize_face(request_of(face_class, 1), 11);
    const auto same = synthesize_face(request_of(face_class, 1), 11);
    const auto other = synthesize_face(request_of(face_class, 1), 12);
    REQUIRE((one && same && other));
    CHECK(checksum(*one) == checksum(*same));
    CHECK(checksum(*one) != checksum(*other));
  }
}

TEST_CASE(
    "the truth points at the symbols: an outline's left and lower edge are a Data Matrix's "
    "solid bars") {
  for (const FaceClass face_class : {FaceClass::clean, FaceClass::typical, FaceClass::hard}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const auto face = synthesize_face(request_of(face_class, seed), seed);
      REQUIRE(face);
      REQUIRE(face->symbols.size() == 2);
      const SymbolTruth& matrix = face->symbols[0];
      REQUIRE(matrix.symbology == postal::Symbology::data_matrix);
      const double half = 0.5 / 44;  // the middle of the outer modules
      const vision::Quad& outline = matrix.outline;
      const double left = mean_along(*face, outline, half, 0.02, half, 0.98);
      const double bottom = mean_along(*face, outline, 0.02, 1 - half, 0.98, 1 - half);
      const double right = mean_along(*face, outline, 1 - half, 0.02, 1 - half, 0.98);
      const double quiet = mean_along(*face, outline, -2 * half, 0.02, -2 * half, 0.98);
      INFO("class " << to_string(face_class) << " seed " << seed);
      const double step = (quiet - std::min(left, bottom)) / 4;
      CHECK(left < quiet - 2 * step);
      CHECK(bottom < quiet - 2 * step);
      CHECK(right > left + step / 2);  // the clock track is half white
      CHECK(std::abs(std::hypot(outline[1].x - outline[0].x, outline[1].y - outline[0].y) / 44 -
                     matrix.module_px) < 0.03 * matrix.module_px + 0.02);
    }
  }
}

TEST_CASE("the truth points at the bars of an Intelligent Mail barcode") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto face = synthesize_face(request_of(FaceClass::clean, seed), seed);
    REQUIRE(face);
    const vision::Quad& outline = face->symbols[1].outline;
    // The tracker row runs through all 65 bars: a bar's middle is dark, a gap's is light.
    const double pitch = 1 / (64 + 0.51 / 1.1545);
    double bars = 0;
    double gaps = 0;
    for (int i = 0; i < 64; ++i) {
      bars += grey_at(*face, outline, pitch * (i + 0.22), 0.5);
      gaps += grey_at(*face, outline, pitch * (i + 0.72), 0.5);
    }
    CHECK(bars / 64 < 100);
    CHECK(gaps / 64 > 160);
  }
}

TEST_CASE("a blank face has no symbol, whatever is asked for") {
  FaceRequest request = request_of(FaceClass::blank, 1);
  const auto face = synthesize_face(request, 3);
  REQUIRE(face);
  CHECK(face->symbols.empty());
  const auto line = truth_line(as_bytes(truth_json(*face, request, "a.png", 3)));
  REQUIRE(line);
  CHECK(nlohmann::json::parse(*line)["has_code"] == false);
}

TEST_CASE("requests that cannot be drawn are refused") {
  const auto refused = [](auto change) {
    FaceRequest request = request_of(FaceClass::clean, 1);
    change(request);
    return !synthesize_face(request, 1);
  };
  CHECK(refused([](FaceRequest& r) { r.px_per_mm = 1; }));
  CHECK(refused([](FaceRequest& r) { r.px_per_mm = 1e9; }));
  CHECK(refused([](FaceRequest& r) { r.symbols[0].content.resize(5000); }));
  CHECK(refused([](FaceRequest& r) { r.symbols[1].content = {'1'}; }));
  CHECK(refused([](FaceRequest& r) { r.symbols.push_back(r.symbols[0]); }));
  CHECK(refused([](FaceRequest& r) { r.address_lines.resize(7); }));
  CHECK(refused([](FaceRequest& r) { r.address_lines.emplace_back(61, 'x'); }));
}

TEST_CASE("the truth says what is on the face, in both layouts") {
  FaceRequest request = request_of(FaceClass::typical, 2);
  request.kind = "genuine";
  request.name = "p2";
  const auto face = synthesize_face(request, 9);
  REQUIRE(face);
  const auto truth = nlohmann::json::parse(truth_json(*face, request, "k.png", 9));
  CHECK(truth["class"] == "typical");
  CHECK(truth["kind"] == "genuine");
  CHECK(truth["symbols"][0]["hex"] == to_hex(request.symbols[0].content));
  CHECK(truth["symbols"][1]["text"] == std::string(as_text(request.symbols[1].content)));
  const auto line = truth_line(as_bytes(truth.dump()));
  REQUIRE(line);
  const auto scored = nlohmann::json::parse(*line);
  CHECK(scored["difficulty"] == "typical");
  CHECK(scored["has_code"] == true);
  CHECK(scored["symbols"][0]["type"] == "DataMatrix");
  CHECK(scored["symbols"][0]["role"] == "indicium");
  CHECK(scored["symbols"][1]["role"] == "id");
  CHECK(scored["symbols"][1]["polygon"] == truth["symbols"][1]["outline"]);
  for (const char* wrong : {"", "[]", "{}", R"({"image":1,"class":"a","symbols":[]})",
                            R"({"image":"a","class":"a","symbols":[1]})"}) {
    CHECK_FALSE(truth_line(as_bytes(wrong)));
  }
}

TEST_CASE("synthetic tokens are genuine by the bundle beside them, and all different") {
  const auto mint = SyntheticMint::make(7, kMailed);
  REQUIRE(mint);
  const TemporaryFolder folder;
  REQUIRE(mint->write_keys(folder.path()));
  const auto file = read_file(folder / "keys.bundle", 1 << 20);
  REQUIRE(file);
  const auto root = postal::load_public_key(folder / "root.pub");
  REQUIRE(root);
  const auto bundle = postal::open_bundle(*file, *root);
  REQUIRE(bundle);
  const auto verifier = postal::Verifier::make(bundle->believed());
  REQUIRE(verifier);
  std::vector<Bytes> seen;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto piece = mint->piece(i);
    REQUIRE(piece);
    CHECK(mint->piece(i)->symbols[0].content == piece->symbols[0].content);
    const auto token = postal::parse_token(piece->symbols[0].content);
    REQUIRE(token);
    CHECK(verifier->verify(*token) == postal::Verdict::genuine);
    CHECK(postal::canonical(token->token.code) == piece->code);
    CHECK(std::ranges::find(seen, piece->symbols[0].content) == seen.end());
    seen.push_back(piece->symbols[0].content);
  }
}

}  // namespace
}  // namespace backstamp::datasets
