// Pictures that no camera takes: nothing may crash, hang or be found in them.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <random>

#include "base/limits.h"
#include "vision/ladder/accounts.h"
#include "vision/reader.h"

namespace backstamp::vision {
namespace {

using namespace std::chrono_literals;

using Paint = std::function<int(int x, int y)>;

Frame painted(int width, int height, const Paint& paint) {
  Frame frame(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(paint(x, y));
  return frame;
}

/// What a picture may be made of.
std::vector<std::pair<const char*, Paint>> paints(std::mt19937& random) {
  return {
      {"black", [](int, int) { return 0; }},
      {"white", [](int, int) { return 255; }},
      {"noise", [&random](int, int) { return static_cast<int>(random() & 255); }},
      {"black and white noise", [&random](int, int) { return random() & 1 ? 255 : 0; }},
      {"checkerboard of pixels", [](int x, int y) { return (x + y) % 2 ? 255 : 0; }},
      {"checkerboard", [](int x, int y) { return (x / 4 + y / 4) % 2 ? 230 : 20; }},
      {"slanted checkerboard",
       [](int x, int y) { return ((3 * x + y) / 13 + (3 * y - x + 90000) / 13) % 2 ? 230 : 20; }},
      {"upright stripes", [](int x, int) { return x / 3 % 2 ? 230 : 20; }},
      {"lying stripes", [](int, int y) { return y / 3 % 2 ? 230 : 20; }},
      {"slanted stripes", [](int x, int y) { return (x + 2 * y) / 7 % 2 ? 230 : 20; }},
      {"short bars", [](int x, int y) { return x / 4 % 2 && y % 60 < 20 ? 20 : 230; }},
      {"dots", [](int x, int y) { return x % 6 < 3 && y % 6 < 3 ? 20 : 230; }},
      {"slope", [](int x, int y) { return (x + y) & 255; }},
      {"one pixel", [](int x, int y) { return x == 0 && y == 0 ? 0 : 255; }}};
}

/// Reads it; the processor's time may not go past the budget by more than one step takes.
void survive(const Frame& frame, const char* what) {
  INFO(what << ", " << frame.width_px() << " x " << frame.height_px());
  constexpr auto kBudget = 300ms;
  constexpr auto kMost = 6s;  // sanitizers are slow
  const auto begin = thread_time();
  const FaceReading face = read_face(frame.view(), {.budget = kBudget});
  const auto spent = thread_time() - begin;
  CHECK(face.readings.empty());
  CHECK(face.cause != postal::NoReadCause::none);
  CHECK(face.unread.size() <= 256);
  CHECK(spent < kMost);
}

TEST_CASE("A picture without pixels gives nothing") {
  CHECK(read_face({}, {}).readings.empty());
  CHECK(read_face({nullptr, 0, 10, 0}, {}).readings.empty());
  CHECK(read_face({nullptr, 10, 0, 10}, {}).readings.empty());
  CHECK(read_face({nullptr, -1, -1, 0}, {}).cause == postal::NoReadCause::bad_image);
}

TEST_CASE("Pictures of a few pixels, and lines of pixels, are survived") {
  std::mt19937 random(1);
  for (const auto& [what, paint] : paints(random)) {
    for (const auto& [width, height] : {std::pair{1, 1},
                                        {2, 1},
                                        {1, 2},
                                        {3, 3},
                                        {5, 16},
                                        {17, 18},
                                        {18, 17},
                                        {33, 9},
                                        {1, 700},
                                        {700, 1},
                                        {2, 3000},
                                        {3000, 2},
                                        {40, 41}})
      survive(painted(width, height, paint), what);
  }
}

TEST_CASE("The widest and the highest pictures there may be are survived") {
  std::mt19937 random(2);
  constexpr int kMost = static_cast<int>(limits::kImageSide_px);
  for (const auto& [what, paint] : paints(random)) {
    for (const int other : {1, 19, 40}) {
      survive(painted(kMost, other, paint), what);
      survive(painted(other, kMost, paint), what);
    }
  }
}

TEST_CASE("Whole faces of textures that look like codes are survived, and nothing is read") {
  std::mt19937 random(3);
  for (const auto& [what, paint] : paints(random)) survive(painted(1203, 731, paint), what);
}

}  // namespace
}  // namespace backstamp::vision
