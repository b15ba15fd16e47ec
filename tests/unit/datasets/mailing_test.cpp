// Faces of the postal mix: their truth, their classes, their seeds.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/crc32c.h"
#include "datasets/mail/conditions.h"
#include "datasets/mail/print_symbol.h"
#include "datasets/mail/seen.h"
#include "datasets/synthesizer.h"
#include "meter/drawing.h"

namespace backstamp::datasets {
namespace {

using postal::Symbology;

FaceRequest mailing(FaceClass face_class, MailShape shape = MailShape::any) {
  FaceRequest request;
  request.mailing = true;
  request.face_class = face_class;
  request.shape = shape;
  return request;
}

std::uint32_t checksum(const SynthesizedFace& face) {
  const vision::ImageView view = face.picture.view();
  return crc32c({view.pixels, static_cast<std::size_t>(view.width_px) *
                                  static_cast<std::size_t>(view.height_px)});
}

double length(const vision::Point& a, const vision::Point& b) {
  return std::hypot(b.x - a.x, b.y - a.y);
}

/// The grey at a place of a symbol's own square: (0,0) its top left, (1,1) bottom right.
int grey_at(const vision::ImageView& view, const vision::Quad& outline, double u, double v) {
  const auto mix = [&](float vision::Point::*member) {
    const double top = outline[0].*member * (1 - u) + outline[1].*member * u;
    const double bottom = outline[3].*member * (1 - u) + outline[2].*member * u;
    return top * (1 - v) + bottom * v;
  };
  const int x = static_cast<int>(mix(&vision::Point::x));
  const int y = static_cast<int>(mix(&vision::Point::y));
  REQUIRE((x >= 0 && y >= 0 && x < view.width_px && y < view.height_px));
  return view.row(y)[x];
}

/// The symbol that the truth tells of, drawn again without measures.
meter::InkGrid grid_of(const SymbolTruth& truth) {
  meter::SymbolPlan plan;
  plan.symbology = truth.symbology;
  plan.content = truth.content;
  plan.gs1 = truth.gs1;
  plan.module_mm = 0.5;  // only its proportions count here
  if (!is_matrix(truth.symbology) && truth.symbology != Symbology::code128 &&
      truth.symbology != Symbology::itf) {
    plan.module_mm = 1.15;
  }
  const auto modules = [&](std::size_t from, std::size_t to) {
    return static_cast<int>(
        std::lround(length(truth.outline[from], truth.outline[to]) / truth.module_px));
  };
  if (truth.symbology == Symbology::data_matrix) {
    plan.rows = modules(0, 3);
    plan.columns = modules(0, 1);
  }
  if (truth.symbology == Symbology::pdf417) plan.columns = (modules(0, 1) - 69) / 17;
  const auto grid = meter::symbol_grid(plan);
  REQUIRE(grid);
  return *grid;
}

/// The share of cells that are as dark as the grid says.
double agreement(const SynthesizedFace& face, const SymbolTruth& truth) {
  const meter::InkGrid grid = grid_of(truth);
  std::vector<std::pair<int, bool>> cells;
  std::vector<int> greys;
  for (int row = 0; row < grid.rows(); ++row) {
    for (int column = 0; column < grid.columns(); ++column) {
      const auto x = static_cast<std::size_t>(column);
      const auto y = static_cast<std::size_t>(row);
      const double u = (grid.x_mm[x] + grid.x_mm[x + 1]) / 2 / grid.x_mm.back();
      const double v = (grid.y_mm[y] + grid.y_mm[y + 1]) / 2 / grid.y_mm.back();
      const int grey = grey_at(face.picture.view(), truth.outline, u, v);
      cells.emplace_back(grey, grid.at(row, column));
      greys.push_back(grey);
    }
  }
  std::ranges::sort(greys);
  const int threshold = (greys[greys.size() / 50] + greys[greys.size() * 49 / 50]) / 2;
  const auto right = std::ranges::count_if(
      cells, [&](const auto& cell) { return (cell.first < threshold) == cell.second; });
  return static_cast<double>(right) / static_cast<double>(cells.size());
}

TEST_CASE("every module of a clean mailing lies where the truth says, in every symbology") {
  std::map<Symbology, int> seen;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const MailShape shape = seed % 15 == 0 ? MailShape::flat : MailShape::letter;
    FaceRequest request = mailing(FaceClass::clean, shape);
    if (seed % 5 == 1) request.px_per_mm = 300 / 25.4;
    const auto face = synthesize_face(request, seed);
    REQUIRE(face);
    for (const SymbolTruth& symbol : face->symbols) {
      INFO("seed " << seed << ": " << to_string(symbol.symbology));
      CHECK(agreement(*face, symbol) > 0.985);
      ++seen[symbol.symbology];
    }
  }
  CHECK(seen.size() >= 12);
}

TEST_CASE("the same seed makes the same mailing, whatever else is drawn meanwhile") {
  for (const FaceClass face_class : {FaceClass::clean, FaceClass::typical, FaceClass::hard,
                                     FaceClass::extreme, FaceClass::blank}) {
    const auto one = synthesize_face(mailing(face_class), 11);
    REQUIRE(one);
    std::uint32_t beside = 0;
    std::thread other([&] {
      const auto same = synthesize_face(mailing(face_class), 11);
      if (same) beside = checksum(*same);
    });
    const auto another = synthesize_face(mailing(face_class), 12);
    other.join();
    REQUIRE(another);
    CHECK(checksum(*one) == beside);
    CHECK(checksum(*one) != checksum(*another));
  }
}

TEST_CASE("a blank mailing has no symbol") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const auto face = synthesize_face(mailing(FaceClass::blank), seed);
    REQUIRE(face);
    CHECK(face->symbols.empty());
  }
}

struct Span {
  double least, most;
  bool holds(double value) const { return value >= least && value <= most; }
};

TEST_CASE("the conditions of a face stay within the ranges of its class") {
  struct Expected {
    FaceClass face_class;
    Span sigma, motion, noise, contrast, postmarked, covered, jpeg;
  };
  const std::vector<Expected> classes = {
      {FaceClass::clean, {0.25, 0.45}, {0, 0}, {1, 2}, {1, 1}, {0, 0}, {0, 0}, {0, 0}},
      {FaceClass::typical,
       {0.4, 0.85},
       {0, 1.4},
       {1.5, 4},
       {0.8, 1},
       {0.04, 0.1},
       {0, 0},
       {85, 92}},
      {FaceClass::hard,
       {0.75, 1.25},
       {0.8, 2.8},
       {3, 7},
       {0.5, 0.85},
       {0.26, 0.34},
       {0.12, 0.18},
       {60, 60}},
      {FaceClass::extreme,
       {0.75, 1.6},
       {0.8, 3.1},
       {3, 8},
       {0.4, 0.6},
       {0.41, 0.49},
       {0.26, 0.34},
       {50, 60}}};
  for (const Expected& expected : classes) {
    Random random(7);
    int postmarked = 0, covered = 0;
    constexpr int kDraws = 2000;
    for (int i = 0; i < kDraws; ++i) {
      const MailConditions c = draw_mail_conditions(expected.face_class, false, random);
      CHECK(expected.sigma.holds(c.sigma_px));
      CHECK(expected.motion.holds(c.motion_px));
      CHECK(expected.noise.holds(c.noise));
      CHECK(expected.contrast.holds(c.contrast));
      CHECK((c.jpeg == 0 || expected.jpeg.holds(c.jpeg)));
      CHECK(std::abs(c.skew_deg) <= 8);
      CHECK(c.quarter_turns == 0);
      postmarked += c.postmarked;
      covered += c.covered;
    }
    CHECK(expected.postmarked.holds(static_cast<double>(postmarked) / kDraws));
    CHECK(expected.covered.holds(static_cast<double>(covered) / kDraws));
  }
}

TEST_CASE("the print of a symbol stays within the ranges of its class") {
  const std::map<FaceClass, Span> spread = {{FaceClass::clean, {-0.1, 0.15}},
                                            {FaceClass::typical, {-0.22, 0.32}},
                                            {FaceClass::hard, {-0.4, 0.5}},
                                            {FaceClass::extreme, {-0.4, 0.4}}};
  for (const auto& [face_class, span] : spread) {
    Random random(9);
    int dead = 0;
    double least = 1, most = -1;
    for (int i = 0; i < 2000; ++i) {
      const PrintConditions c = draw_print_conditions(face_class, random);
      CHECK(span.holds(c.spread));
      least = std::min(least, c.spread);
      most = std::max(most, c.spread);
      dead += c.dead_nozzles > 0;
    }
    CHECK(most - least > 0.15);
    if (face_class == FaceClass::clean) CHECK(dead == 0);
    if (face_class == FaceClass::typical) CHECK(std::abs(dead - 250) < 60);  // one in eight
  }
}

/// Millimetres of full ink along a line across a print.
double ink_along(const Surface& surface, double y_mm) {
  const std::uint8_t* const row = surface.light.row(static_cast<int>(y_mm * surface.px_per_mm));
  double ink = 0;
  for (int x = 0; x < surface.light.width_px; ++x) ink += (255 - row[x]) / 255.0;
  return ink / surface.px_per_mm;
}

TEST_CASE("ink spreads by the stated share of a bar or module, at any turn") {
  meter::SymbolPlan plan;
  plan.symbology = Symbology::imb;
  const std::string digits = "0123456709498765432101234567891";
  plan.content.assign(digits.begin(), digits.end());
  plan.module_mm = 1.15;
  plan.bar_mm = 0.5;
  const auto grid = meter::symbol_grid(plan);
  REQUIRE(grid);
  for (const double spread : {-0.4, 0.0, 0.5}) {
    for (const double turn_deg : {0.0, 4.0}) {
      Surface surface{Plane(680, 160, 255), 8};
      PrintConditions print;
      print.ink = 0;
      print.spread = spread;
      Random random(1);
      print_symbol(surface, *grid, {4, 5}, turn_deg, element_of(*grid), print, random);
      double total = 0;  // of full bars' area: the whole print, each bar of its own height
      for (double y = 0.06; y < 19.9; y += 0.125) total += ink_along(surface, y) * 0.125;
      double expected = 0;
      for (int column = 0; column < grid->columns(); column += 2) {
        double height = 0;
        for (std::size_t row = 0; row < 3; ++row) {
          if (grid->at(static_cast<int>(row), column)) {
            height += grid->y_mm[row + 1] - grid->y_mm[row];
          }
        }
        expected += 0.5 * (1 + spread) * (height + 0.5 * spread);
      }
      INFO("spread " << spread << ", turned by " << turn_deg);
      CHECK(std::abs(total / expected - 1) < 0.02);
    }
  }
}

TEST_CASE("a JPEG leaves its blocks in the noise, and little of it at all at low quality") {
  vision::Frame picture(64, 48);
  Random random(4);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) {
      picture.row(y)[x] = static_cast<std::uint8_t>(128 + (random.normal256() * 4 >> 8));
    }
  }
  const auto roughness = [&] {
    double sum = 0;
    for (int y = 0; y < 48; ++y) {
      for (int x = 1; x < 64; ++x) sum += std::abs(picture.row(y)[x] - picture.row(y)[x - 1]);
    }
    return sum;
  };
  const double before = roughness();
  leave_jpeg_traces(picture, 95);
  const double fine = roughness();
  leave_jpeg_traces(picture, 40);
  CHECK(fine > before * 0.6);
  CHECK(roughness() < before * 0.2);
  CHECK(std::abs(picture.row(20)[20] - 128) < 12);
}

TEST_CASE("flats are large and at times turned by a quarter; 300 dpi has more pixels") {
  bool turned = false, upright = false;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto face = synthesize_face(mailing(FaceClass::typical, MailShape::flat), seed);
    REQUIRE(face);
    CHECK(std::max(face->picture.width_px(), face->picture.height_px()) > 2300);
    (face->picture.width_px() < face->picture.height_px() ? turned : upright) = true;
  }
  CHECK((turned && upright));
  FaceRequest fine = mailing(FaceClass::typical, MailShape::letter);
  const auto coarse = synthesize_face(fine, 3);
  fine.px_per_mm = 300 / 25.4;
  const auto finer = synthesize_face(fine, 3);
  REQUIRE((coarse && finer));
  const double ratio = static_cast<double>(finer->picture.width_px()) / coarse->picture.width_px();
  CHECK(std::abs(ratio - 300 / 25.4 / 8) < 0.01);
  REQUIRE(coarse->symbols.size() == finer->symbols.size());
  for (std::size_t i = 0; i < finer->symbols.size(); ++i) {
    CHECK(finer->symbols[i].content == coarse->symbols[i].content);
  }
}

TEST_CASE("the truth of a mailing holds what a scorer needs, in both layouts") {
  const FaceRequest request = mailing(FaceClass::hard, MailShape::letter);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto face = synthesize_face(request, seed);
    REQUIRE(face);
    const std::string text = truth_json(*face, request, "a.png", seed);
    const auto truth = nlohmann::json::parse(text);
    CHECK(truth["class"] == "hard");
    CHECK(truth["mail"]["sigma_px"].get<double>() > 0.7);
    const auto line = truth_line(as_bytes(text));
    REQUIRE(line);
    const auto scored = nlohmann::json::parse(*line);
    CHECK(scored["difficulty"] == "hard");
    REQUIRE(scored["symbols"].size() == face->symbols.size());
    for (std::size_t i = 0; i < face->symbols.size(); ++i) {
      const auto& symbol = scored["symbols"][i];
      CHECK(symbol["type"] == to_string(face->symbols[i].symbology));
      CHECK(symbol["hex"] == to_hex(face->symbols[i].content));
      CHECK((symbol["role"] == "indicium" || symbol["role"] == "id"));
      CHECK(symbol["polygon"].size() == 4);
      CHECK(symbol["damage"].contains("spread"));
      CHECK(symbol["contrast"].get<double>() > 0);
    }
  }
}

}  // namespace
}  // namespace backstamp::datasets
