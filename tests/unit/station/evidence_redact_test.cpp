#include "station/evidence/redact.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "tests/unit/station/evidence_pieces.h"

namespace backstamp::station {
namespace {

vision::Frame copy_of(const vision::Frame& frame) {
  vision::Frame copy(frame.width_px(), frame.height_px());
  for (int y = 0; y < frame.height_px(); ++y) {
    std::copy_n(frame.view().row(y), frame.width_px(), copy.row(y));
  }
  return copy;
}

vision::Candidate place_of(const vision::Quad& outline) {
  vision::Candidate candidate;
  candidate.outline = outline;
  return candidate;
}

/// How far a point is outside of a convex quad given clockwise; negative inside.
double distance_outside(const vision::Quad& quad, double x, double y) {
  double most = -1e9;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& p = quad[i];
    const auto& q = quad[(i + 1) % 4];
    const double dx = q.x - p.x;
    const double dy = q.y - p.y;
    most = std::max(most, (dy * (x - p.x) - dx * (y - p.y)) / std::hypot(dx, dy));
  }
  // Neither may a corner stick out of the box with its margin.
  const auto by_x = [](const auto& a, const auto& b) { return a.x < b.x; };
  const auto by_y = [](const auto& a, const auto& b) { return a.y < b.y; };
  const auto [left, right] = std::minmax_element(quad.begin(), quad.end(), by_x);
  const auto [top, bottom] = std::minmax_element(quad.begin(), quad.end(), by_y);
  most = std::max({most, left->x - x, x - right->x, top->y - y, y - bottom->y});
  return most;
}

vision::Quad turned(double cx, double cy, double width, double height, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  vision::Quad quad;
  const double corners[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
  for (std::size_t i = 0; i < 4; ++i) {
    const double x = corners[i][0] * width / 2;
    const double y = corners[i][1] * height / 2;
    quad[i] = {static_cast<float>(cx + x * std::cos(angle) - y * std::sin(angle)),
               static_cast<float>(cy + x * std::sin(angle) + y * std::cos(angle))};
  }
  return quad;
}

TEST_CASE("at any angle a code is left with its margin, and nothing else of the face") {
  const vision::Frame face = noisy(900, 600);
  for (const bool read : {true, false}) {
    for (double degrees = 0; degrees < 360; degrees += 30) {
      for (const bool mirrored : {false, true}) {  // corners may run the other way round
        vision::Quad quad = turned(450, 300, 320, 60, degrees);
        vision::FaceReading reading;
        vision::Quad given = quad;
        if (mirrored) std::swap(given[1], given[3]);
        if (read) {
          reading.readings.emplace_back().outline = given;
        } else {
          reading.unread.push_back(place_of(given));
        }
        vision::Frame redacted = copy_of(face);
        REQUIRE(redact(redacted, reading, 8) == Shown::codes);
        std::size_t wrong = 0;
        for (int y = 0; y < 600; ++y) {
          for (int x = 0; x < 900; ++x) {
            const double outside = distance_outside(quad, x + 0.5, y + 0.5);
            const std::uint8_t left = redacted.view().row(y)[x];
            if (outside <= 19 && left != face.view().row(y)[x]) ++wrong;
            // Beyond it a change of any pixel by less than all of the paper changes nothing.
            if (outside > 21 && std::abs(left - 201) > 3) ++wrong;
          }
        }
        INFO(degrees << (read ? " read" : " located"));
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("what is far from every code is paper, however many codes there are") {
  const vision::Frame face = noisy(800, 800);
  vision::FaceReading reading;
  for (int i = 0; i < 6; ++i) {
    reading.readings.emplace_back().outline = turned(100 + 120 * i, 100 + 120 * i, 60, 60, 30);
  }
  reading.facing_mark.emplace().outline = turned(700, 60, 60, 60, 0);
  vision::Frame redacted = copy_of(face);
  redact(redacted, reading, 0);
  CHECK(redacted.view().row(60)[700] == face.view().row(60)[700]);
  std::ptrdiff_t other = 0;
  for (int y = 500; y < 800; ++y) {
    other += std::count_if(redacted.row(y), redacted.row(y) + 300,
                           [](int left) { return std::abs(left - 201) > 3; });
  }
  CHECK(other == 0);
}

TEST_CASE("the margin grows with the resolution of the profile") {
  const vision::Frame face = noisy(600, 600);
  vision::FaceReading reading;
  reading.readings.emplace_back().outline = turned(300, 300, 100, 100, 0);
  vision::Frame fine = copy_of(face);
  redact(fine, reading, 16);
  CHECK(fine.view().row(300)[350 + 38] == face.view().row(300)[350 + 38]);
  CHECK(std::equal(face.view().row(300) + 260, face.view().row(300) + 388,
                   fine.view().row(300) + 260));
  CHECK_FALSE(std::equal(face.view().row(300) + 391, face.view().row(300) + 600,
                         fine.view().row(300) + 391));
}

TEST_CASE("outlines that are no outlines harm nothing and show nothing") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float far = std::numeric_limits<float>::infinity();
  const vision::Quad hostile[] = {
      {{{nan, 0}, {10, nan}, {10, 10}, {0, 10}}},
      {{{-far, -far}, {far, -far}, {far, far}, {-far, far}}},
      {{{-9e5F, -9e5F}, {9e5F, -9e5F}, {9e5F, 9e5F}, {-9e5F, 9e5F}}},  // all of the face
      {{{0, 0}, {400, 300}, {400, 0}, {0, 300}}},                      // folded over itself
      {{{5000, 5000}, {5100, 5000}, {5100, 5100}, {5000, 5100}}},      // elsewhere
  };
  for (const vision::Quad& quad : hostile) {
    vision::Frame face = noisy(400, 300);
    vision::FaceReading reading;
    reading.unread.push_back(place_of(quad));
    CHECK(redact(face, reading, 8) == Shown::layout);
  }
  // A line and a point are places of no size: their surroundings are shown, no more.
  vision::Frame face = noisy(400, 300);
  vision::FaceReading reading;
  reading.unread.push_back(place_of({{{50, 50}, {50, 50}, {50, 50}, {50, 50}}}));
  CHECK(redact(face, reading, 8) == Shown::codes);
  CHECK(std::abs(face.view().row(200)[200] - face.view().row(200)[201]) <= 1);
  vision::Frame nothing;
  redact(nothing, reading, 8);
  vision::Frame dot = grey(1, 1);
  CHECK(redact(dot, {}, 8) == Shown::layout);
  CHECK(dot.view().row(0)[0] == 200);
}

TEST_CASE("paper that light falls off on stays as it is, and what is printed on it goes") {
  vision::Frame face(900, 600);
  for (int y = 0; y < 600; ++y) {
    for (int x = 0; x < 900; ++x) face.row(y)[x] = static_cast<std::uint8_t>(90 + x / 8);
  }
  vision::Frame printed = copy_of(face);
  for (int y = 400; y < 440; ++y) {
    for (int x = 300; x < 700; ++x) {
      if ((x / 6 + y / 9) % 3 == 0) printed.row(y)[x] = 20;
    }
  }
  vision::FaceReading reading;
  reading.readings.emplace_back().outline = turned(200, 150, 100, 100, 0);
  redact(face, reading, 8);
  redact(printed, reading, 8);
  int most = 0;
  int dark = 255;
  for (int y = 0; y < 600; ++y) {
    for (int x = 64; x < 836; ++x) most = std::max(most, std::abs(face.row(y)[x] - (90 + x / 8)));
    for (int x = 0; x < 900; ++x) dark = std::min<int>(dark, printed.row(y)[x] - (90 + x / 8));
  }
  CHECK(most <= 3);
  CHECK(dark >= -12);  // nothing that could be read
}

TEST_CASE("a face without any code keeps its layout, and what stands within 2 mm is lost") {
  // Two faces whose letters differ, and whose ink in each cell of 2 mm does not, become the same.
  vision::Frame one = grey(640, 480, 230);
  vision::Frame other = grey(640, 480, 230);
  for (int y = 208; y < 272; ++y) {
    for (int x = 192; x < 448; ++x) {
      one.row(y)[x] = (x / 2) % 2 == 0 ? 40 : 230;    // strokes upright
      other.row(y)[x] = (y / 2) % 2 == 0 ? 40 : 230;  // strokes across
    }
  }
  CHECK(redact(one, {}, 8) == Shown::layout);
  CHECK(redact(other, {}, 8) == Shown::layout);
  for (int y = 0; y < 480; ++y) {
    REQUIRE(std::equal(one.row(y), one.row(y) + 640, other.row(y)));
  }
  CHECK(one.view().row(240)[320] < 150);  // there is something
  CHECK(one.view().row(100)[320] > 225);  // and there is nothing
  for (int x = 1; x < 640; ++x) {         // without edges that could be taken for modules
    REQUIRE(std::abs(one.view().row(240)[x] - one.view().row(240)[x - 1]) < 12);
  }
}

TEST_CASE("the paper's grey is that of most of the face, not its mean") {
  vision::Frame face = grey(400, 400, 210);
  for (int y = 0; y < 160; ++y) std::fill_n(face.row(y), 400, std::uint8_t{10});
  CHECK(paper_grey(face.view()) == 210);
}

}  // namespace
}  // namespace backstamp::station
