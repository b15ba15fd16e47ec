#include "vision/grid/pitch.h"

#include <cmath>
#include <vector>

namespace backstamp::vision {
namespace {

constexpr float kShortest = 2.2f;
constexpr float kLongest = 16.0f;

/// Sums of brightness steps across one axis of the box, a value a pixel; its slow part removed.
std::vector<float> edge_profile(ImageView face, const OrientedBox& box, bool columns) {
  const int length = static_cast<int>(columns ? box.width : box.height);
  const int depth = static_cast<int>(columns ? box.height : box.width);
  std::vector<float> sums(static_cast<std::size_t>(std::max(length, 0)));
  const int step = std::max(1, depth / 40);
  for (int j = 0; j < depth; j += step) {
    const auto cross = static_cast<float>(j) + 0.5f;
    const auto at = [&](int i) {
      const auto along = static_cast<float>(i);
      return brightness(face,
                        box.face_from_box(columns ? Point{along, cross} : Point{cross, along}));
    };
    float before = at(0);
    for (int i = 0; i < length; ++i) {
      const float after = at(i + 1);
      sums[static_cast<std::size_t>(i)] += std::abs(after - before);
      before = after;
    }
  }
  constexpr int kReach = 12;
  std::vector<float> profile(sums.size());
  for (int i = 0; i < length; ++i) {
    float sum = 0;
    int count = 0;
    for (int k = std::max(0, i - kReach); k <= std::min(length - 1, i + kReach); ++k, ++count)
      sum += sums[static_cast<std::size_t>(k)];
    profile[static_cast<std::size_t>(i)] =
        sums[static_cast<std::size_t>(i)] - sum / static_cast<float>(count);
  }
  return profile;
}

/// The power of a profile at `frequency` (per pixel), as a share of its variation.
float power(const std::vector<float>& profile, float frequency) {
  const float angle = 2 * 3.14159265f * frequency;
  const float step_cos = std::cos(angle);
  const float step_sin = std::sin(angle);
  float c = 1, s = 0, real = 0, imaginary = 0, squares = 0;
  for (const float value : profile) {
    real += value * c;
    imaginary += value * s;
    squares += value * value;
    const float next = c * step_cos - s * step_sin;
    s = s * step_cos + c * step_sin;
    c = next;
  }
  const auto n = static_cast<float>(profile.size());
  return squares > 0 ? 2 * (real * real + imaginary * imaginary) / (n * squares) : 0;
}

Pitch pitch_of(ImageView face, const OrientedBox& box) {
  Pitch best;
  if (box.width < 16 || box.height < 16 || box.width > 4000 || box.height > 4000) return best;
  const std::vector<float> columns = edge_profile(face, box, true);
  const std::vector<float> rows = edge_profile(face, box, false);
  const float step = 0.3f / std::max(box.width, box.height);
  for (float f = 1 / kLongest; f < 1 / kShortest; f += step) {
    const float strength = (power(columns, f) + power(rows, f)) / 2;
    if (strength > best.strength) best = {1 / f, strength};
  }
  return best;
}

OrientedBox turned(const OrientedBox& box, float degrees) {
  const float angle = degrees * 0.0174533f;
  const Point turn{std::cos(angle), std::sin(angle)};
  OrientedBox out = box;
  out.along = {box.along.x * turn.x - box.along.y * turn.y,
               box.along.x * turn.y + box.along.y * turn.x};
  return out;
}

}  // namespace

Pitch estimate_pitch(ImageView face, OrientedBox& box) {
  constexpr float kHopeless = 0.06f;
  constexpr float kSharp = 0.5f;
  Pitch best = pitch_of(face, box);
  if (best.strength < kHopeless || best.strength > kSharp) return best;
  const OrientedBox start = box;
  for (const float degrees : {0.5f, -0.5f, 1.0f, -1.0f, 1.7f, -1.7f}) {
    const OrientedBox attempt = turned(start, degrees);
    const Pitch pitch = pitch_of(face, attempt);
    if (pitch.strength <= best.strength) continue;
    best = pitch;
    box = attempt;
    if (best.strength > kSharp) break;
  }
  return best;
}

}  // namespace backstamp::vision
