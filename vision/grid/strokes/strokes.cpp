#include "vision/grid/strokes/strokes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "vision/grid/strokes/course.h"
#include "vision/grid/strokes/patch.h"
#include "vision/grid/strokes/transmittance.h"

namespace backstamp::vision {
namespace {

// Of a course: half of all symbols have less without any stroke, hardly one has more.
constexpr float kSomeStrokes = 0.0018f, kPlainStrokes = 0.0045f;

/// Weight of the samples of a module, along one side.
constexpr float kBell[kFine] = {0.4f, 1, 1, 0.4f};

/// Paper and print as they were, the mean of each module's samples: one that lets little through,
/// or whose transmittance is not sure, says little.
void lift(const Patch& patch, const Transmittance& transmittance, bool turned, Modules& modules) {
  constexpr float kDoubt = 100;
  constexpr float kAllWeight = 2.8f * 2.8f;
  for (int r = 0; r < modules.rows; ++r) {
    for (int c = 0; c < modules.columns; ++c) {
      const int x0 = ((turned ? r : c) + kAround) * kFine,
                y0 = ((turned ? c : r) + kAround) * kFine;
      float weights = 0, sum = 0;
      for (int x = 0; x < kFine; ++x) {
        const std::size_t from =
            static_cast<std::size_t>(x0 + x) * patch.height() + static_cast<std::size_t>(y0);
        for (std::size_t y = 0; y < kFine; ++y) {
          const float through = transmittance.mean[from + y];
          const float weight =
              kBell[x] * kBell[y] * through / (1 + kDoubt * transmittance.variance[from + y]);
          weights += weight * through;
          sum += weight * patch.paper[from + y];
        }
      }
      const float value = sum / std::max(weights, 1e-6f);
      modules.values.push_back(patch.black + value * (patch.white - patch.black));
      modules.trust.push_back(std::min(1.0f, std::sqrt(weights / kAllWeight)));
    }
  }
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
  Lifted lifted{.modules = {.columns = pattern.columns, .rows = pattern.rows, .values = {}},
                .plain = course.strength > kPlainStrokes};
  lift(patch, transmittance, turned, lifted.modules);
  measure_print(pattern, lifted.modules);
  return lifted;
}

}  // namespace backstamp::vision
