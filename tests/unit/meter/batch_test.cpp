#include "meter/batch.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "meter/indicium.h"
#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using nlohmann::json;
using test::VaultFolder;

namespace {

const Date kToday(std::chrono::year(2026) / 11 / 22);
constexpr std::string_view kLine =
    R"({"name":"p1","lines":["Ada","Springfield"],"zip":"12345678901","service":270,)"
    R"("postage":"0.406"})";

}  // namespace

TEST_CASE("A batch gives back each line with its token, code and counter") {
  const VaultFolder folder;
  auto vault = folder.open();
  std::string input;
  for (int i = 0; i < 2500; ++i) input += std::string(kLine) + "\n";
  std::string output;
  const auto minted = mint_batch(vault, input, kToday, [&](std::string_view lines) {
    CHECK(vault.registers().counter >= 1);  // on record before they are handed over
    output += lines;
    return Result<void>();
  });
  REQUIRE(minted);
  CHECK(*minted == 2500);
  std::istringstream lines(output);
  std::string line;
  std::uint64_t counter = 0;
  while (std::getline(lines, line)) {
    const json piece = json::parse(line);
    CHECK(piece["counter"] == ++counter);
    if (counter > 3) continue;
    CHECK(piece["name"] == "p1");
    CHECK(piece["lines"].size() == 2);
    CHECK(piece["issuer"] == 1);
    CHECK(piece["meter"] == 7);
    CHECK(piece["mailed"] == "2026-11-22");
    const auto bytes = from_hex(piece["token"].get<std::string>());
    REQUIRE(bytes);
    const auto token = postal::parse_token(*bytes);
    REQUIRE(token);
    CHECK(token->token.identity.counter == counter);
    CHECK(postal::canonical(token->token.code) == piece["code"].get<std::string>());
  }
  CHECK(counter == 2500);
}

TEST_CASE("A fault in any line of a batch is named and nothing is minted") {
  const VaultFolder folder;
  auto vault = folder.open();
  const std::string input = std::string(kLine) + "\n" + std::string(kLine) + "\n{\"zip\":5}\n";
  const auto minted =
      mint_batch(vault, input, kToday, [](std::string_view) { return Result<void>(); });
  REQUIRE_FALSE(minted);
  CHECK(minted.error().message.starts_with("line 3: "));
  CHECK(vault.registers().counter == 0);
}

TEST_CASE("A line of a batch is parsed strictly and cannot bring the parser down") {
  const auto good = parse_batch_line(kLine, kToday);
  REQUIRE(good);
  CHECK(good->routing == "12345678901");
  CHECK(good->postage.mills == 406);
  CHECK(good->mailed == kToday);
  json object = json::parse(kLine);
  object["mailed"] = "2026-12-01";
  CHECK(parse_batch_line(object.dump(), kToday)->mailed == Date(std::chrono::year(2026) / 12 / 1));
  for (const auto& [key, value] : std::vector<std::pair<std::string, json>>{{"zip", 12345},
                                                                            {"service", 1000},
                                                                            {"service", -1},
                                                                            {"service", "270"},
                                                                            {"postage", 0.406},
                                                                            {"postage", "0.4061"},
                                                                            {"postage", "-1"},
                                                                            {"mailed", "today"},
                                                                            {"mailed", 5}}) {
    json wrong = json::parse(kLine);
    wrong[key] = value;
    CAPTURE(key, value.dump());
    CHECK_FALSE(parse_batch_line(wrong.dump(), kToday));
  }
  for (std::size_t size = 0; size < kLine.size(); ++size) {
    CHECK_FALSE(parse_batch_line(kLine.substr(0, size), kToday));
  }
  for (std::size_t bit = 0; bit < kLine.size() * 8; ++bit) {
    std::string flipped(kLine);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    (void)parse_batch_line(flipped, kToday);
  }
  CHECK(parse_batch_line(std::string(kBatchLineBytes + 1, '['), kToday).error().kind ==
        ErrorKind::limit);
  CHECK_FALSE(parse_batch_line(std::string(kBatchLineBytes, '['), kToday));
}

TEST_CASE("The face of a printed piece holds its token and its code where they can be read") {
  const VaultFolder folder;
  auto vault = folder.open();
  const auto pieces = vault.print(std::vector{test::request_for_tests()});
  REQUIRE(pieces);
  const FacePlan face = indicium_face((*pieces)[0], {"Ada Byron", "12 High Street"});
  const auto drawn = draw_face(face, 8);
  REQUIRE(drawn);
  REQUIRE(drawn->outlines.size() == 2);
  CHECK(face.symbols[0].content == (*pieces)[0].token);
  CHECK("imb:" + std::string(as_text(face.symbols[1].content)) == (*pieces)[0].record.code);
  for (const OutlineMm& outline : drawn->outlines) {
    CHECK(outline[0].x_mm > 5);
    CHECK(outline[0].y_mm > 5);
    CHECK(outline[2].x_mm < face.width_mm - 5);
    CHECK(outline[2].y_mm < face.height_mm - 5);
  }
}
