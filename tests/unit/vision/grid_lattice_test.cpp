// Where modules lie: combs, their turn, and the lattice.
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <complex>
#include <random>

#include "tests/unit/vision/matrix_scene.h"
#include "vision/grid/comb.h"
#include "vision/grid/fourier.h"
#include "vision/grid/lattice.h"
#include "vision/grid/samples.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr int kWidth_px = 420, kHeight_px = 400;

TEST_CASE("A transform is that of its definition, in every lane") {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> values(-1, 1);
  Sequences<32, 3> sequences;
  for (auto& lanes : sequences.real)
    for (float& value : lanes) value = values(random);
  for (auto& lanes : sequences.imaginary)
    for (float& value : lanes) value = values(random);
  const Sequences<32, 3> before = sequences;
  transform(sequences);
  for (std::size_t lane = 0; lane < 3; ++lane) {
    for (std::size_t k = 0; k < 32; ++k) {
      std::complex<double> sum = 0;
      for (std::size_t n = 0; n < 32; ++n)
        sum += std::complex<double>(before.real[n][lane], before.imaginary[n][lane]) *
               std::polar(1.0, -2 * 3.14159265358979 * static_cast<double>(k * n) / 32);
      CHECK(sequences.real[k][lane] == Catch::Approx(sum.real()).margin(1e-4));
      CHECK(sequences.imaginary[k][lane] == Catch::Approx(sum.imag()).margin(1e-4));
    }
  }
}

TEST_CASE("Samples of a line are the brightness there, inside a picture and over its edges") {
  std::mt19937 random(2);
  Frame face(53, 37);
  for (int y = 0; y < 37; ++y)
    for (int x = 0; x < 53; ++x) face.row(y)[x] = static_cast<std::uint8_t>(random());
  std::uniform_real_distribution<float> place(-12, 60), way(-1.5f, 1.5f);
  for (int i = 0; i < 400; ++i) {
    const Point from{place(random), place(random)}, step{way(random), way(random)};
    std::vector<float> line(static_cast<std::size_t>(i % 41));
    sample_run(face.view(), from, step, line);
    for (std::size_t k = 0; k < line.size(); ++k)
      CHECK(std::abs(line[k] - brightness(face.view(), from + step * static_cast<float>(k))) < 3);
  }
}

TEST_CASE("A box that is turned away from its symbol is told by how much") {
  std::mt19937 random(3);
  const auto matrix = draw_matrix(Symbology::data_matrix, 12, 0, random);
  REQUIRE(matrix);
  const Frame face = seen_matrix(*matrix, 4.2f, 3, 3, kWidth_px, kHeight_px, 1);
  for (const float off : {-6.5f, -2.0f, 0.0f, 4.0f, 7.5f}) {
    const float angle = (3 + off) * 3.14159265f / 180;
    OrientedBox box;
    box.center = {kWidth_px / 2.0f, kHeight_px / 2.0f};
    box.along = {std::cos(angle), std::sin(angle)};
    box.width = box.height = 170;
    const CombTurn turn = comb_turn(face.view(), box);
    CHECK(turn.degrees == Catch::Approx(off).margin(0.6));
    CHECK(turn.pitch_px == Catch::Approx(4.2f).margin(0.15));
    CHECK(turn.standing_out > 50);
  }
}

TEST_CASE("Noise has no comb that stands out") {
  std::mt19937 random(4);
  Frame face(kWidth_px, kHeight_px);
  for (int y = 0; y < kHeight_px; ++y)
    for (int x = 0; x < kWidth_px; ++x) face.row(y)[x] = static_cast<std::uint8_t>(random());
  for (int i = 0; i < 50; ++i) {
    OrientedBox box;
    box.center = {150.0f + static_cast<float>(random() % 100),
                  150.0f + static_cast<float>(random() % 100)};
    box.width = box.height = 140;
    CHECK(comb_turn(face.view(), box).standing_out < 12);
  }
}

TEST_CASE("Symbols are placed on their lattice from boxes that are too large, askew or both") {
  std::mt19937 random(5);
  for (const auto& [symbology, number] : {std::pair{Symbology::data_matrix, 12},
                                          {Symbology::data_matrix, 30},
                                          {Symbology::qr_code, 5},
                                          {Symbology::aztec, 10}}) {
    const auto matrix = draw_matrix(symbology, number, 1, random);
    REQUIRE(matrix);
    for (const float degrees : {1.0f, 92.0f}) {
      INFO(matrix->columns << " x " << matrix->rows << " at " << degrees);
      const Frame face = seen_matrix(*matrix, 4.3f, degrees, 3, kWidth_px, kHeight_px, 1);
      const Quad right = corners_of(*matrix, 4.3f, degrees, kWidth_px, kHeight_px);
      const float angle = (degrees + 0.4f) * 3.14159265f / 180;
      OrientedBox box;
      box.center = {kWidth_px / 2.0f + 9, kHeight_px / 2.0f - 7};
      box.along = {std::cos(angle), std::sin(angle)};
      box.width = 4.3f * static_cast<float>(matrix->columns + 9);
      box.height = 4.3f * static_cast<float>(matrix->rows + 5);
      const auto lattice = lattice_of(face.view(), box, {4.3f, 4.3f, 4.3f, 1});
      REQUIRE(lattice);
      const std::vector<Placement> all = placements(*lattice, symbology);
      REQUIRE_FALSE(all.empty());
      const Placement& best = *std::max_element(
          all.begin(), all.end(),
          [](const Placement& a, const Placement& b) { return a.agreement < b.agreement; });
      CHECK(best.agreement > 0.85f);
      CHECK(best.pattern->columns == matrix->columns);
      CHECK(best.pattern->rows == matrix->rows);
      // Of an Aztec the direction is left open.
      float least = 1e9f;
      for (std::size_t quarter = 0; quarter < (symbology == Symbology::aztec ? 4u : 1u);
           ++quarter) {
        float most = 0;
        for (std::size_t i = 0; i < 4; ++i)
          most = std::max(most, length(best.corners[(i + quarter) % 4] - right[i]));
        least = std::min(least, most);
      }
      CHECK(least < 0.4f * 4.3f);
    }
  }
}

TEST_CASE("Lattices of hostile boxes are none, or within bounds") {
  std::mt19937 random(6);
  Frame face(80, 60);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 80; ++x) face.row(y)[x] = static_cast<std::uint8_t>(random());
  for (const float pitch : {0.0f, 0.5f, 2.2f, 12.0f, 1e9f, std::nanf("")}) {
    for (const float side : {0.0f, 3.0f, 60.0f, 1e6f}) {
      OrientedBox box;
      box.center = {40, 30};
      box.width = box.height = side;
      const auto lattice = lattice_of(face.view(), box, {pitch, pitch, pitch, 1});
      if (!lattice) continue;
      CHECK(lattice->brightness.size() ==
            static_cast<std::size_t>(lattice->columns * lattice->rows));
      for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec})
        for (const Placement& placement : placements(*lattice, s))
          CHECK(std::isfinite(placement.agreement));
    }
  }
}

}  // namespace
}  // namespace backstamp::vision
