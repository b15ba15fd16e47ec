#include "vision/locate/direction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "vision/locate/gradients.h"

namespace backstamp::vision {
namespace {

constexpr float kWeakest = 5, kOverNoise = 1.8f;
constexpr std::size_t kTries = 2500, kFewest = 150;
constexpr std::size_t kBarTries = 1500;  // of one direction the average alone is good
constexpr std::size_t kGlances = 500;
constexpr std::size_t kCoarse = 800;  // edges that tell the direction to half a degree
constexpr std::size_t kFine = 4000;   // and those that tell it to a fifth
constexpr float kCap = 60;            // a few black strokes do not outvote a faint code

/// Scattered samples of the gradient.
struct Slopes {
  std::vector<Point> at;        // face pixels
  std::vector<Point> gradient;  // no longer than kCap
  std::vector<float> strength;  // their lengths

  explicit Slopes(std::size_t most) : at(most), gradient(most), strength(most) {}
  std::size_t count() const { return strength.size(); }
  void keep(std::size_t count) { at.resize(count), gradient.resize(count), strength.resize(count); }
};

Point turned(Point along, float degrees) {
  const float angle = degrees * 0.0174533f;
  const Point t{std::cos(angle), std::sin(angle)};
  return {along.x * t.x - along.y * t.y, along.x * t.y + along.y * t.x};
}

/// Cheap numbers without a pattern that a picture could have.
struct Scatter {
  std::uint64_t state = 1;
  std::uint64_t next() { return state = state * 6364136223846793005u + 1442695040888963407u; }
};

/// 0 to below `range`, from 32 even bits.
int below(std::uint32_t bits, int range) {
  return static_cast<int>(std::uint64_t{bits} * static_cast<std::uint32_t>(range) >> 32);
}

/// Samples of the gradient over 3 × 3 pixels (Sobel's, a central difference). Each lies somewhere
/// in the pixel around its place: else the picture's own rows and columns would look like lined-up
/// edges.
Slopes sample_slopes(ImageView face, PixelRect rect, std::size_t tries, float noise) {
  const int left = std::max(1, 2 * rect.left), top = std::max(1, 2 * rect.top);
  const int right = std::min(2 * rect.right, face.width_px - 1);
  const int bottom = std::min(2 * rect.bottom, face.height_px - 1);
  const float weakest = std::max(kWeakest, kOverNoise * noise);
  const auto least = static_cast<int>(16 * weakest * weakest);
  if (right - left < 16 || bottom - top < 16) return Slopes(0);
  Slopes slopes(tries);
  Scatter scatter;
  std::size_t count = 0;
  constexpr std::size_t kAtOnce = 256;
  std::array<std::int32_t, kAtOnce> columns, rows, offsets;
  std::array<std::uint32_t, kAtOnce> fractions;
  std::array<Gradient, kAtOnce> gradients;
  for (std::size_t done = 0; done < tries; done += kAtOnce) {
    const std::size_t some = std::min(kAtOnce, tries - done);
    for (std::size_t i = 0; i < some; ++i) {
      const std::uint64_t bits = scatter.next();
      const int x = below(static_cast<std::uint32_t>(bits >> 32), right - left);
      const int y = below(static_cast<std::uint32_t>(scatter.next() >> 32), bottom - top);
      columns[i] = left + x, rows[i] = top + y;
      fractions[i] = static_cast<std::uint32_t>(bits);
      offsets[i] = static_cast<std::int32_t>(y * face.stride_bytes + x);
    }
    gradients_at(face.row(top) + left, face.stride_bytes, {offsets.data(), some}, gradients.data());
    // Whether a sample counts is not to be guessed: each is written, the next over those that do
    // not.
    for (std::size_t i = 0; i < some; ++i) {
      const auto [gx, gy] = gradients[i];
      const Point gradient{static_cast<float>(gx) / 4, static_cast<float>(gy) / 4};
      const float strength = length(gradient), capped = std::min(strength, kCap);
      constexpr float kFraction = 1.0f / 65536;
      const auto part = [](std::uint32_t bits) {
        return static_cast<float>(static_cast<int>(bits & 0xFFFF)) * kFraction;
      };
      slopes.at[count] = {static_cast<float>(columns[i]) + part(fractions[i] >> 16),
                          static_cast<float>(rows[i]) + part(fractions[i])};
      slopes.gradient[count] = gradient * (capped / std::max(strength, 1.0f));
      slopes.strength[count] = capped;
      count += gx * gx + gy * gy >= least;
    }
  }
  slopes.keep(count);
  return slopes;
}

/// The gradients' mean direction, as sums of unit vectors times their strengths with angles doubled
/// (bars keep it) and times four (so do textures of two directions at right angles).
struct Turns {
  Point twice, four_times;
  float strength = 0;
};

Turns turns_of(const Slopes& slopes) {
  Turns sums;
  for (std::size_t i = 0; i < slopes.count(); ++i) {
    const float strength = slopes.strength[i];
    const Point unit = slopes.gradient[i] * (1 / strength);
    const Point twice{unit.x * unit.x - unit.y * unit.y, 2 * unit.x * unit.y};
    const Point four{twice.x * twice.x - twice.y * twice.y, 2 * twice.x * twice.y};
    sums.twice = sums.twice + twice * strength;
    sums.four_times = sums.four_times + four * strength;
    sums.strength += strength;
  }
  return sums;
}

/// The direction that the gradients share on average.
Point average_direction(const Slopes& slopes, bool bars) {
  const Turns sums = turns_of(slopes);
  const Point sum = bars ? sums.twice : sums.four_times;
  const float angle = std::atan2(sum.y, sum.x) / (bars ? 2.0f : 4.0f);
  return {std::cos(angle), std::sin(angle)};
}

/// Edges that run along one of the two directions of a texture, as seen across it.
struct EdgeLine {
  std::vector<float> x, y, strength;  // x and y from the middle of the rectangle
  std::size_t count = 0;

  explicit EdgeLine(std::size_t most) : x(most), y(most), strength(most) {}
  void put(Point at, float s) { x[count] = at.x, y[count] = at.y, strength[count] = s; }
};

/// How sharply edges line up across `axis`: the sum of squares of their sums in bins of one pixel.
/// Looks at every `stride`th edge. `half` is a little more than the longest way from the middle.
float sharpness(const EdgeLine& edges, std::size_t stride, Point axis, float half,
                std::vector<float>& bins) {
  std::fill(bins.begin(), bins.end(), 0.0f);
  for (std::size_t i = 0; i < edges.count; i += stride) {
    const float at = edges.x[i] * axis.x + edges.y[i] * axis.y + half;
    bins[static_cast<std::size_t>(static_cast<int>(at))] += edges.strength[i];
  }
  float sum = 0;
  for (const float b : bins) sum += b * b;
  return sum;
}

}  // namespace

TextureLook look_at_texture(ImageView face, PixelRect rect, float noise) {
  const Slopes slopes = sample_slopes(face, rect, kGlances, noise);
  const Turns sums = turns_of(slopes);
  if (sums.strength <= 0) return {};
  return {static_cast<float>(slopes.count()) / kGlances, length(sums.twice) / sums.strength,
          length(sums.four_times) / sums.strength};
}

bool find_direction(ImageView face, PixelRect rect, bool bars, float noise, Point& along) {
  const Slopes slopes = sample_slopes(face, rect, bars ? kBarTries : kTries, noise);
  if (slopes.count() < kFewest) return false;
  const Point average = average_direction(slopes, bars);
  // Each edge counts for the direction that it is nearest to.
  const Point middle{static_cast<float>(rect.left + rect.right),
                     static_cast<float>(rect.top + rect.bottom)};
  EdgeLine lines[2]{EdgeLine(slopes.count() + 1), EdgeLine(slopes.count() + 1)};
  for (std::size_t i = 0; i < slopes.count(); ++i) {
    const Point gradient = slopes.gradient[i], at = slopes.at[i] - middle;
    const float one = std::abs(dot(gradient, average));
    const float other = std::abs(average.x * gradient.y - average.y * gradient.x);
    const bool first = bars || one > other;
    lines[0].put(at, one), lines[1].put(at, other);
    lines[0].count += first, lines[1].count += !first;
  }
  const auto wide = static_cast<float>(rect.right - rect.left);
  const auto high = static_cast<float>(rect.bottom - rect.top);
  const float half = std::sqrt(wide * wide + high * high) + 4;  // face pixels: twice half of it
  std::vector<float> bins(static_cast<std::size_t>(2 * half) + 1);
  float best = 0;
  float best_sharpness = -1;
  const auto attempt = [&](float degrees, std::size_t most) {
    const Point axis = turned(average, degrees);
    const std::size_t stride = std::max<std::size_t>(1, slopes.count() / most);
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
  const float fine = best;
  for (const float degrees : {-0.1f, 0.1f}) attempt(fine + degrees, kFine);
  along = turned(average, best);
  return true;
}

}  // namespace backstamp::vision
