// Every symbology of the post as a meter draws it.
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "meter/drawing.h"
#include "postal/australia_post.h"
#include "postal/bar_letters.h"
#include "postal/japan_post.h"
#include "postal/mailmark_bars.h"
#include "postal/postnet.h"
#include "postal/rm4scc_bars.h"
#include "vision/reader.h"

using namespace backstamp;
using namespace backstamp::meter;
using Catch::Approx;
using postal::Symbology;

namespace {

SymbolPlan symbol(Symbology symbology, std::string_view content, double module_mm = 0.6) {
  SymbolPlan plan;
  plan.symbology = symbology;
  plan.content.assign(content.begin(), content.end());
  plan.module_mm = module_mm;
  return plan;
}

/// The bars of a 4-state code, as letters.
std::string letters_of(const InkGrid& grid) {
  std::string letters;
  for (int column = 0; column < grid.columns(); column += 2) {
    CHECK(grid.at(1, column));
    letters += postal::bar_letter(grid.at(0, column), grid.at(2, column));
  }
  return letters;
}

std::string letters_of(const SymbolPlan& plan) {
  const auto grid = symbol_grid(plan);
  REQUIRE(grid);
  REQUIRE(grid->rows() == 3);
  return letters_of(*grid);
}

/// What is read of a symbol that is drawn alone and clean.
std::vector<vision::Reading> read_back(SymbolPlan plan) {
  const auto size = symbol_size(plan);
  REQUIRE(size);
  FacePlan face;
  face.width_mm = size->x_mm + 16;
  face.height_mm = size->y_mm + 16;
  plan.top_left = {8, 8};
  face.symbols.push_back(plan);
  const auto drawn = draw_face(face, 10);
  REQUIRE(drawn);
  vision::ReadOptions options;
  options.budget = vision::kNoBudget;
  return vision::read_face({drawn->raster.pixels.data(), drawn->raster.width_px,
                            drawn->raster.height_px, drawn->raster.width_px},
                           options)
      .readings;
}

bool is_read_back(const SymbolPlan& plan) {
  for (const vision::Reading& reading : read_back(plan)) {
    if (reading.symbology == plan.symbology && reading.content == plan.content) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Every symbol that is drawn clean is read back, of the symbologies that are read") {
  std::string token(142, '\0');
  for (std::size_t i = 0; i < token.size(); ++i) token[i] = static_cast<char>(i * 37 + 11);
  for (const std::size_t size : {20u, 60u, 142u}) {
    CAPTURE(size);
    const std::string_view content(token.data(), size);
    CHECK(is_read_back(symbol(Symbology::data_matrix, content)));
    CHECK(is_read_back(symbol(Symbology::qr_code, content)));
    CHECK(is_read_back(symbol(Symbology::aztec, content)));
    CHECK(is_read_back(symbol(Symbology::pdf417, content)));
  }
  SymbolPlan wide = symbol(Symbology::data_matrix, std::string_view(token.data(), 40));
  wide.rows = 16;
  wide.columns = 48;
  CHECK(is_read_back(wide));
  CHECK(is_read_back(symbol(Symbology::code128, "RR473124829GB", 0.4)));
  CHECK(is_read_back(symbol(Symbology::imb, "0123456709498765432101234567891", 1.15)));
}

TEST_CASE("A GS1-128 is its element strings, with FNC1 in front and between") {
  SymbolPlan plan = symbol(Symbology::code128,
                           "42012345\x1D"
                           "9261299991234512345679",
                           0.4);
  plan.gs1 = true;
  const auto grid = symbol_grid(plan);
  REQUIRE(grid);
  // Start C, FNC1, 420 12345 as four pairs, FNC1, eleven pairs, check, stop.
  CHECK(grid->columns() == (1 + 1 + 4 + 1 + 11 + 1) * 11 + 13);
  std::string seen;
  for (const vision::Reading& reading : read_back(plan)) {
    for (const std::uint8_t byte : reading.content) {
      if (byte != 0x1D) seen += static_cast<char>(byte);
    }
  }
  CHECK(seen == "420123459261299991234512345679");
  plan.content = {'A', 'B', 'C'};
  CHECK_FALSE(symbol_grid(plan));
}

TEST_CASE("A Data Matrix has the size that is asked for: square, rectangular, of the extension") {
  struct Size {
    int rows, columns;
  };
  for (const Size size :
       {Size{24, 24}, {8, 32}, {16, 48}, {8, 144}, {12, 88}, {20, 36}, {26, 64}}) {
    SymbolPlan plan = symbol(Symbology::data_matrix, "JGB 7");
    plan.rows = size.rows;
    plan.columns = size.columns;
    const auto grid = symbol_grid(plan);
    REQUIRE(grid);
    CHECK(grid->rows() == size.rows);
    CHECK(grid->columns() == size.columns);
    // The solid border at the left and below.
    for (int row = 0; row < size.rows; ++row) CHECK(grid->at(row, 0));
    for (int column = 0; column < size.columns; ++column) CHECK(grid->at(size.rows - 1, column));
  }
  SymbolPlan wrong = symbol(Symbology::data_matrix, "JGB 7");
  wrong.rows = 17;
  wrong.columns = 48;
  CHECK_FALSE(symbol_grid(wrong));
}

TEST_CASE("A Mailmark has the bars of the published examples") {
  CHECK(letters_of(symbol(Symbology::mailmark, "1100000000000XY11     ", 1.2)) ==
        "TTDTTATTDTAATTDTAATTDTAATTDTTDDAATAADDATAATDDFAFTDDTAADDDTAAFDFAFF");
  CHECK(letters_of(symbol(Symbology::mailmark, "41038422416563762EF61AH8T ", 1.2)) ==
        "DTTFATTDDTATTTATFTDFFFTFDFDAFTTTADTTFDTFDDDTDFDDFTFAADTFDTDTDTFAATAFDDTAATTDTT");
  CHECK_FALSE(symbol_grid(symbol(Symbology::mailmark, "1100000000000XY", 1.2)));
}

TEST_CASE("RM4SCC and KIX are drawn as they are decoded") {
  const auto customer =
      postal::decode_rm4scc(letters_of(symbol(Symbology::rm4scc, "LE28HS9Z", 1.2)));
  REQUIRE(customer);
  CHECK(*customer == "LE28HS9Z");
  const auto kix = postal::decode_kix(letters_of(symbol(Symbology::kix, "1231FZ13XHS", 1.2)));
  REQUIRE(kix);
  CHECK(*kix == "1231FZ13XHS");
}

TEST_CASE("Australia Post and Japan Post have the counts of bars of their formats") {
  const auto bars = [](Symbology symbology, std::string_view content) {
    return letters_of(symbol(symbology, content, 1.1)).size();
  };
  CHECK(bars(Symbology::australia_post, "1139549554") == 37);
  CHECK(bars(Symbology::australia_post, "5939549554ABCDE") == 52);
  CHECK(bars(Symbology::australia_post, "6239549554ABCDEFGHIJ") == 67);
  CHECK(bars(Symbology::japan_post, "15400233-16-4-205") == 67);
  // Begins and ends with an ascender and a tracker.
  const std::string letters = letters_of(symbol(Symbology::australia_post, "1139549554", 1.1));
  CHECK(letters.starts_with("AT"));
  CHECK(letters.ends_with("AT"));
  CHECK_FALSE(symbol_grid(symbol(Symbology::australia_post, "9939549554", 1.1)));
  CHECK_FALSE(symbol_grid(symbol(Symbology::australia_post, "1139549554ABCDE", 1.1)));
}

TEST_CASE("Australia Post, Japan Post, POSTNET and PLANET are drawn as they are decoded") {
  for (const std::string_view content :
       {"1139549554", "5939549554ABCDE", "6239549554abcdefghij", "6239549554012345678901234"}) {
    const auto code =
        postal::decode_australia_post(letters_of(symbol(Symbology::australia_post, content, 1.1)));
    REQUIRE(code);
    CHECK(code->text() == content);
  }
  const auto japan = postal::decode_japan_post(
      letters_of(symbol(Symbology::japan_post, "15400233-16-4-205", 1.2)));
  REQUIRE(japan);
  CHECK(*japan == "15400233-16-4-205");
  for (const bool planet : {false, true}) {
    const auto grid = symbol_grid(
        symbol(planet ? Symbology::planet : Symbology::postnet, "12345678901", 25.4 / 22));
    REQUIRE(grid);
    std::string letters;
    for (int column = 0; column < grid->columns(); column += 2) {
      letters += grid->at(0, column) ? 'A' : 'T';
    }
    const auto digits = postal::decode_postnet(
        planet ? postal::TallBars::three_of_five : postal::TallBars::two_of_five, letters);
    REQUIRE(digits);
    CHECK(*digits == "12345678901");
  }
}

TEST_CASE("POSTNET and PLANET stand on one line, two tall bars in five, or three") {
  for (const bool planet : {false, true}) {
    const auto grid = symbol_grid(
        symbol(planet ? Symbology::planet : Symbology::postnet, "12345678901", 25.4 / 22));
    REQUIRE(grid);
    REQUIRE(grid->rows() == 2);
    CHECK(grid->y_mm.back() == Approx(0.125 * 25.4));
    int tall = 0;
    for (int column = 0; column < grid->columns(); column += 2) {
      CHECK(grid->at(1, column));
      tall += grid->at(0, column);
    }
    CHECK(grid->columns() == 2 * (12 * 5 + 2) - 1);
    CHECK(tall == 12 * (planet ? 3 : 2) + 2);
  }
  CHECK_FALSE(symbol_grid(symbol(Symbology::postnet, "123456", 1.15)));
}

TEST_CASE("Leitcode and Identcode want their check digit") {
  CHECK(symbol_grid(symbol(Symbology::itf, "21348075016401", 0.4)));
  CHECK(symbol_grid(symbol(Symbology::itf, "563102430313", 0.4)));
  CHECK_FALSE(symbol_grid(symbol(Symbology::itf, "563102430314", 0.4)));
  CHECK_FALSE(symbol_grid(symbol(Symbology::itf, "5631024303", 0.4)));
}

TEST_CASE("The width of bars, their height and the rows of PDF417 can be chosen") {
  SymbolPlan plan = symbol(Symbology::kix, "1231FZ13XHS", 1.2);
  plan.bar_mm = 0.4;
  plan.height_mm = 5.5;
  const auto grid = symbol_grid(plan);
  REQUIRE(grid);
  CHECK(grid->x_mm[1] == Approx(0.4));
  CHECK(grid->x_mm[2] == Approx(1.2));
  CHECK(grid->y_mm.back() == Approx(5.5));
  plan.bar_mm = 1.3;
  CHECK_FALSE(symbol_grid(plan));
  SymbolPlan stacked = symbol(Symbology::pdf417, "0123456789", 0.4);
  stacked.columns = 5;
  stacked.row_modules = 4;
  const auto rows = symbol_grid(stacked);
  REQUIRE(rows);
  CHECK(rows->columns() == 5 * 17 + 69);
  CHECK(rows->y_mm[1] == Approx(1.6));
}

TEST_CASE("What is no code of the post: retail labels and facing marks") {
  const auto label = retail_grid("012345678901", 0.33);
  REQUIRE(label);
  CHECK(label->columns() == 95);
  CHECK(label->y_mm.back() == Approx(22.85));
  CHECK_FALSE(retail_grid("0123", 0.33));
  const auto fim = fim_grid('A');
  REQUIRE(fim);
  CHECK(fim->y_mm.back() == Approx(15.875));
  CHECK_FALSE(fim_grid('Z'));
}
