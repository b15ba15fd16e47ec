#include "vision/locate/direction.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

namespace backstamp::vision {
namespace {

constexpr float kWeakest = 5, kOverNoise = 1.8f;
constexpr std::size_t kTries = 2500;
constexpr std::size_t kGlances = 500;
constexpr std::size_t kCoarse = 800;  // edges that tell the direction to half a degree
constexpr std::size_t kFine = 1500;   // and those that tell it to a fifth
constexpr float kCap = 60;            // a few black strokes do not outvote a faint code

struct Slope {
  Point at;        // face pixels
  Point gradient;  // no longer than kCap
};

Point turned(Point along, float degrees) {
  const float angle = degrees * 0.0174533f;
  const Point t{std::cos(angle), std::sin(angle)};
  return {along.x * t.x - along.y * t.y, along.x * t.y + along.y * t.x};
}

/// Scattered samples of the gradient over 3 × 3 pixels (Sobel's, a central difference). Each lies
/// somewhere in the pixel around its place: else the picture's own rows and columns would look like
/// lined-up edges.
std::vector<Slope> sample_slopes(ImageView face, PixelRect rect, std::size_t tries, float noise) {
  const int left = std::max(1, 2 * rect.left), top = std::max(1, 2 * rect.top);
  const int right = std::min(2 * rect.right, face.width_px - 1);
  const int bottom = std::min(2 * rect.bottom, face.height_px - 1);
  const float weakest = std::max(kWeakest, kOverNoise * noise);
  std::vector<Slope> slopes;
  if (right - left < 16 || bottom - top < 16) return slopes;
  std::uint32_t state = 1;
  const auto random = [&state] {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
  };
  constexpr float kFraction = 1.0f / (1 << 24);
  for (std::size_t i = 0; i < tries; ++i) {
    const int x = left + static_cast<int>(random() % static_cast<std::uint32_t>(right - left));
    const int y = top + static_cast<int>(random() % static_cast<std::uint32_t>(bottom - top));
    const std::uint8_t* above = face.row(y - 1) + x;
    const std::uint8_t* row = face.row(y) + x;
    const std::uint8_t* below = face.row(y + 1) + x;
    const int gx = above[1] - above[-1] + 2 * (row[1] - row[-1]) + below[1] - below[-1];
    const int gy = below[-1] - above[-1] + 2 * (below[0] - above[0]) + below[1] - above[1];
    Point gradient{static_cast<float>(gx) / 4, static_cast<float>(gy) / 4};
    const float strength = length(gradient);
    if (strength < weakest) continue;
    gradient = gradient * (std::min(strength, kCap) / strength);
    slopes.push_back({{static_cast<float>(x) + 0.5f + static_cast<float>(random()) * kFraction,
                       static_cast<float>(y) + 0.5f + static_cast<float>(random()) * kFraction},
                      gradient});
  }
  return slopes;
}

/// The direction that the gradients share on average: angles doubled (bars) or times four.
Point average_direction(const std::vector<Slope>& slopes, bool bars) {
  std::complex<float> sum = 0;
  for (const Slope& s : slopes) {
    const float strength = length(s.gradient);
    std::complex<float> turn(s.gradient.x / strength, s.gradient.y / strength);
    turn *= turn;
    if (!bars) turn *= turn;
    sum += turn * strength;
  }
  const float angle = std::arg(sum) / (bars ? 2.0f : 4.0f);
  return {std::cos(angle), std::sin(angle)};
}

/// Edges that run along one of the two directions of a texture, as seen across it.
struct EdgeLine {
  std::vector<float> x, y, strength;  // x and y from the middle of the rectangle

  void add(Point at, float s) {
    x.push_back(at.x);
    y.push_back(at.y);
    strength.push_back(s);
  }
};

/// How sharply edges line up across `axis`: the sum of squares of their sums in bins of one pixel.
/// Looks at every `stride`th edge. `half` is a little more than the longest way from the middle.
float sharpness(const EdgeLine& edges, std::size_t stride, Point axis, float half,
                std::vector<float>& bins) {
  std::fill(bins.begin(), bins.end(), 0.0f);
  for (std::size_t i = 0; i < edges.x.size(); i += stride) {
    const float at = edges.x[i] * axis.x + edges.y[i] * axis.y + half;
    bins[static_cast<std::size_t>(static_cast<int>(at))] += edges.strength[i];
  }
  float sum = 0;
  for (const float b : bins) sum += b * b;
  return sum;
}

}  // namespace

TextureLook look_at_texture(ImageView face, PixelRect rect, float noise) {
  const std::vector<Slope> slopes = sample_slopes(face, rect, kGlances, noise);
  std::complex<float> twice = 0, four_times = 0;
  float sum = 0;
  for (const Slope& s : slopes) {
    const float strength = length(s.gradient);
    std::complex<float> turn(s.gradient.x / strength, s.gradient.y / strength);
    turn *= turn;
    twice += turn * strength;
    four_times += turn * turn * strength;
    sum += strength;
  }
  if (sum <= 0) return {};
  return {static_cast<float>(slopes.size()) / kGlances, std::abs(twice) / sum,
          std::abs(four_times) / sum};
}

bool find_direction(ImageView face, PixelRect rect, bool bars, float noise, Point& along) {
  const std::vector<Slope> slopes = sample_slopes(face, rect, kTries, noise);
  if (slopes.size() < 150) return false;
  const Point average = average_direction(slopes, bars);
  // Each edge counts for the direction that it is nearest to.
  const Point middle{static_cast<float>(rect.left + rect.right),
                     static_cast<float>(rect.top + rect.bottom)};
  EdgeLine lines[2];
  for (const Slope& s : slopes) {
    const float one = std::abs(dot(s.gradient, average));
    const float other = std::abs(average.x * s.gradient.y - average.y * s.gradient.x);
    if (bars || one > other)
      lines[0].add(s.at - middle, one);
    else
      lines[1].add(s.at - middle, other);
  }
  const auto wide = static_cast<float>(rect.right - rect.left);
  const auto high = static_cast<float>(rect.bottom - rect.top);
  const float half = std::sqrt(wide * wide + high * high) + 4;  // face pixels: twice half of it
  std::vector<float> bins(static_cast<std::size_t>(2 * half) + 1);
  float best = 0;
  float best_sharpness = -1;
  const auto attempt = [&](float degrees, std::size_t most) {
    const Point axis = turned(average, degrees);
    const std::size_t stride = std::max<std::size_t>(1, slopes.size() / most);
    float value = sharpness(lines[0], stride, axis, half, bins);
    if (!bars) value += sharpness(lines[1], stride, {-axis.y, axis.x}, half, bins);
    if (value <= best_sharpness) return;
    best_sharpness = value;
    best = degrees;
  };
  // Of bars the average alone is good to half a degree.
  if (!bars)
    for (float degrees = -5; degrees <= 5; degrees += 0.7f) attempt(degrees, kCoarse);
  const float coarse = best;
  best_sharpness = -1;
  for (const float degrees : {0.0f, -0.45f, -0.2f, 0.2f, 0.45f}) attempt(coarse + degrees, kFine);
  along = turned(average, best);
  return true;
}

}  // namespace backstamp::vision
