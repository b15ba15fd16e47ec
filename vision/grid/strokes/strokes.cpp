#include "vision/grid/strokes/strokes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "vision/grid/grid.h"
#include "vision/grid/strokes/course.h"
#include "vision/grid/strokes/patch.h"
#include "vision/grid/strokes/transmittance.h"

namespace backstamp::vision {
namespace {

// Of a course: half of all symbols have less without any stroke, hardly one has more.
constexpr float kSomeStrokes = 0.0018f, kPlainStrokes = 0.0045f;

/// A patch without its strokes.
struct Clean {
  const Patch& patch;
  const Transmittance& transmittance;
  bool turned;

  int width() const { return (turned ? patch.rows : patch.columns) * kFine; }
  int height() const { return (turned ? patch.columns : patch.rows) * kFine; }
  /// The number of a sample, the symbol upright.
  std::size_t at(int x, int y) const {
    return static_cast<std::size_t>(turned ? y : x) * patch.height() +
           static_cast<std::size_t>(turned ? x : y);
  }
};

/// As a picture, a pixel a sample.
Frame picture_of(const Clean& clean) {
  constexpr float kPaper = 200, kLeast = 0.15f;
  Frame frame(clean.width(), clean.height());
  for (int y = 0; y < frame.height_px(); ++y) {
    for (int x = 0; x < frame.width_px(); ++x) {
      const std::size_t at = clean.at(x, y);
      const float through = std::max(clean.transmittance.mean[at], kLeast);
      frame.row(y)[x] =
          static_cast<std::uint8_t>(std::min(255.0f, kPaper * clean.patch.paper[at] / through));
    }
  }
  return frame;
}

/// Paper and print as they were, the mean of each module's samples: one that lets little through,
/// or whose transmittance is not sure, says little. `corners` are those in the picture.
void lift(const Clean& clean, const Quad& corners, Modules& modules) {
  constexpr float kDoubt = 100;
  constexpr float kAllWeight = 2.8f * 2.8f;  // of a module that nothing covers
  const auto bell = [](float off) { return std::clamp(1.3f - 0.6f * std::abs(off), 0.0f, 1.0f); };
  const GridMap map(corners, modules.columns, modules.rows);
  for (int r = 0; r < modules.rows; ++r) {
    for (int c = 0; c < modules.columns; ++c) {
      const Point p =
          map.face_from_module(static_cast<float>(c) + 0.5f, static_cast<float>(r) + 0.5f);
      const int left =
          static_cast<int>(std::clamp(p.x, 2.0f, static_cast<float>(clean.width()) - 2)) - 2;
      const int top =
          static_cast<int>(std::clamp(p.y, 2.0f, static_cast<float>(clean.height()) - 2)) - 2;
      float weights = 0, sum = 0;
      for (int y = top; y < std::min(top + 5, clean.height()); ++y) {
        const float down = bell(static_cast<float>(y) + 0.5f - p.y);
        for (int x = left; x < std::min(left + 5, clean.width()); ++x) {
          const std::size_t at = clean.at(x, y);
          const float through = clean.transmittance.mean[at];
          const float weight = down * bell(static_cast<float>(x) + 0.5f - p.x) * through /
                               (1 + kDoubt * clean.transmittance.variance[at]);
          weights += weight * through;
          sum += weight * clean.patch.paper[at];
        }
      }
      const float value = sum / std::max(weights, 1e-6f);
      modules.values.push_back(clean.patch.black + value * (clean.patch.white - clean.patch.black));
      modules.trust.push_back(std::min(1.0f, std::sqrt(weights / kAllWeight)));
    }
  }
}

/// Where the symbol lies in the picture, if its corners were right.
Quad upright_corners(const FixedPattern& pattern) {
  const auto at = [](int modules) { return static_cast<float>((kAround + modules) * kFine); };
  return {Point{at(0), at(0)}, Point{at(pattern.columns), at(0)},
          Point{at(pattern.columns), at(pattern.rows)}, Point{at(0), at(pattern.rows)}};
}

}  // namespace

std::optional<Lifted> lift_strokes(ImageView face, const FixedPattern& pattern,
                                   const Quad& corners) {
  Patch patch = straighten(face, pattern, corners);
  Course course = course_of(patch, false);
  bool turned = false;
  if (course.strength < kPlainStrokes) {
    Course across = course_of(patch, true);
    turned = across.strength > course.strength;
    if (turned) course = std::move(across);
  }
  if (course.strength < kSomeStrokes) return std::nullopt;
  if (turned) patch = transposed(patch);
  const Transmittance transmittance = transmittance_of(patch, course);
  const Clean clean{patch, transmittance, turned};
  const Frame picture = picture_of(clean);
  Quad fitted = upright_corners(pattern);
  climb(picture.view(), pattern, fitted);
  Lifted lifted{.modules = {.columns = pattern.columns, .rows = pattern.rows, .values = {}},
                .plain = course.strength > kPlainStrokes};
  const GridMap map(corners, pattern.columns, pattern.rows);
  for (std::size_t i = 0; i < 4; ++i)
    lifted.corners[i] =
        map.face_from_module(fitted[i].x / kFine - kAround, fitted[i].y / kFine - kAround);
  lift(clean, fitted, lifted.modules);
  measure_print(pattern, lifted.modules);
  return lifted;
}

}  // namespace backstamp::vision
