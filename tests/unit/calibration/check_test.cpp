#include "calibration/check.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <numbers>
#include <random>

namespace {

using namespace backstamp;
using Catch::Approx;

/// Edges of known length at all angles, seen by a camera with these scales, with noise in pixels.
std::vector<calibration::Edge> seen_edges(double scale_x, double scale_y, double noise_px,
                                          std::size_t count) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> angle(0, 2 * std::numbers::pi);
  std::normal_distribution<double> noise(0, noise_px > 0 ? noise_px : 1e-12);
  std::vector<calibration::Edge> edges;
  for (std::size_t i = 0; i < count; ++i) {
    const double a = angle(random);
    const double length = i % 2 == 0 ? 22.0 : 1.1545;
    edges.push_back({length * std::cos(a) * scale_x + noise(random) * length / 22,
                     length * std::sin(a) * scale_y + noise(random) * length / 22, length});
  }
  return edges;
}

}  // namespace

TEST_CASE("the scales of a camera follow from edges of known length") {
  const auto estimate = calibration::estimate_scale(seen_edges(8.1, 7.6, 0, 40));
  REQUIRE(estimate);
  CHECK(estimate->px_per_mm_x == Approx(8.1).epsilon(1e-6));
  CHECK(estimate->px_per_mm_y == Approx(7.6).epsilon(1e-6));
  CHECK(estimate->spread < 1e-6);
}

TEST_CASE("noise and a few wrong edges do not move the scales") {
  auto edges = seen_edges(8.1, 7.6, 0.6, 200);
  for (std::size_t i = 0; i < edges.size(); i += 25) edges[i].length_mm *= 1.1;  // miscounted
  const auto estimate = calibration::estimate_scale(edges);
  REQUIRE(estimate);
  CHECK(estimate->px_per_mm_x == Approx(8.1).epsilon(0.005));
  CHECK(estimate->px_per_mm_y == Approx(7.6).epsilon(0.005));
}

TEST_CASE("edges that cannot tell both directions apart measure nothing") {
  CHECK_FALSE(calibration::estimate_scale({}));
  const std::vector<calibration::Edge> parallel(20, {8.0, 0.0, 1.0});
  CHECK_FALSE(calibration::estimate_scale(parallel));
}

TEST_CASE("a reading of unknown size offers no edges") {
  vision::Reading reading;
  reading.symbology = postal::Symbology::data_matrix;
  reading.content = {1, 2, 3};
  reading.module_px = 4;
  reading.outline = {{{0, 0}, {100, 0}, {100, 100}, {0, 100}}};
  CHECK(calibration::known_edges(reading).empty());
  reading.symbology = postal::Symbology::imb;
  reading.module_px = 9.24F;
  const auto edges = calibration::known_edges(reading);
  REQUIRE(edges.size() == 1);
  CHECK(edges[0].dx_px == Approx(9.24));
  CHECK(edges[0].length_mm == Approx(25.4 / 22));
}

TEST_CASE("a face larger than the profile's image does not fit it") {
  calibration::Profile profile;
  profile.width_px = 2000;
  profile.height_px = 900;
  CHECK(calibration::check_face_size(profile, 2000, 900));
  const auto wide = calibration::check_face_size(profile, 2001, 900);
  REQUIRE_FALSE(wide);
  CHECK(wide.error().message.find("2001x900") != std::string::npos);
}
