#include "vision/grid/matrix.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "vision/grid/grid.h"
#include "vision/grid/modules.h"
#include "vision/grid/pitch.h"
#include "vision/zxing_adapter.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr float kComb = 0.10f;  // weaker combs are text and tints
constexpr float kWorthClimbing = 0.15f;
constexpr float kLooksLike = 0.50f;       // agreement that is not chance
constexpr float kSmallLooksLike = 0.75f;  // small symbols correct little by little: ask for more
constexpr int kSmall = 18;
constexpr std::size_t kClimbs = 4;

/// One size and direction of a symbol that might lie in the box.
struct Hypothesis {
  const FixedPattern* pattern;
  Quad corners;
  float agreement;
};

Quad turned(const Quad& corners, std::size_t quarter) {
  return {corners[quarter % 4], corners[(quarter + 1) % 4], corners[(quarter + 2) % 4],
          corners[(quarter + 3) % 4]};
}

bool fits(float modules, int size) {
  return std::abs(modules - static_cast<float>(size)) < 1.2f + 0.025f * static_cast<float>(size);
}

void add_hypotheses(ImageView face, const OrientedBox& box, float module_px, Symbology symbology,
                    std::vector<Hypothesis>& hypotheses) {
  const Quad corners = box.corners();
  const float across = box.width / module_px;
  const float down = box.height / module_px;
  for (const auto& [columns, rows] : sizes_of(symbology)) {
    for (std::size_t quarter = 0; quarter < 4; ++quarter) {
      const bool lying = quarter % 2 != 0;
      if (!fits(lying ? down : across, columns) || !fits(lying ? across : down, rows)) continue;
      const FixedPattern& pattern = fixed_pattern(symbology, columns, rows);
      Quad start = turned(corners, quarter);
      const float value = approach(face, pattern, start);
      hypotheses.push_back({&pattern, start, value});
    }
  }
}

/// The likeliest ones, best first, not yet climbed.
std::vector<Hypothesis> best_hypotheses(ImageView face, const OrientedBox& box, float module_px,
                                        Formats formats) {
  std::vector<Hypothesis> hypotheses;
  for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec})
    if (formats.has(s)) add_hypotheses(face, box, module_px, s, hypotheses);
  std::erase_if(hypotheses, [](const Hypothesis& h) { return h.agreement < kWorthClimbing; });
  std::stable_sort(
      hypotheses.begin(), hypotheses.end(),
      [](const Hypothesis& a, const Hypothesis& b) { return a.agreement > b.agreement; });
  if (hypotheses.size() > kClimbs) hypotheses.resize(kClimbs);
  return hypotheses;
}

float module_of(const Hypothesis& h) {
  return (length(h.corners[1] - h.corners[0]) / static_cast<float>(h.pattern->columns) +
          length(h.corners[3] - h.corners[0]) / static_cast<float>(h.pattern->rows)) /
         2;
}

/// Samples the grid and lets the library decode redrawn symbols, from the likeliest threshold on.
std::optional<Reading> decode(ImageView face, const Hypothesis& h, SteadyTime deadline) {
  const Modules modules = sample_modules(face, *h.pattern, h.corners);
  Formats one;
  one.add(h.pattern->symbology);
  constexpr ZxingOptions kPure{
      .harder = false, .rotate = false, .pure = true, .fixed_threshold = true};
  for (const float bias : {0.0f, 0.2f, -0.2f}) {
    for (const float sharpen : {0.15f, 0.0f, 0.3f}) {
      if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
      const Frame drawn = redraw(modules, *h.pattern, sharpen, bias);
      std::vector<Reading> readings = zxing_read(drawn.view(), one, kPure);
      if (readings.empty()) continue;
      Reading reading = std::move(readings.front());
      reading.outline = h.corners;
      reading.module_px = module_of(h);
      reading.contrast = modules.contrast / 255;
      reading.rung = "grid";
      return reading;
    }
  }
  return std::nullopt;
}

}  // namespace

MatrixResult read_matrix(ImageView face, const OrientedBox& box, Formats formats,
                         SteadyTime deadline) {
  MatrixResult result;
  OrientedBox fitted = box;
  const Pitch pitch = estimate_pitch(face, fitted);
  if (pitch.strength < kComb) return result;
  float best = 0;
  for (Hypothesis& h : best_hypotheses(face, fitted, pitch.module_px, formats)) {
    if (std::chrono::steady_clock::now() >= deadline) break;
    h.agreement = climb(face, *h.pattern, h.corners);
    const float enough = h.pattern->columns < kSmall ? kSmallLooksLike : kLooksLike;
    if (h.agreement < enough) continue;
    result.reading = decode(face, h, deadline);
    if (result.reading) return result;
    if (h.agreement <= best) continue;
    best = h.agreement;
    result.candidate = Candidate{.outline = h.corners,
                                 .looks_like = h.pattern->symbology,
                                 .module_px = module_of(h),
                                 .score = std::clamp(h.agreement, 0.0f, 1.0f)};
  }
  return result;
}

}  // namespace backstamp::vision
