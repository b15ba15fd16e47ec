#include <algorithm>
#include <array>
#include <cmath>

#include "datasets/synthesizer/camera.h"
#include "datasets/synthesizer/noise.h"

namespace backstamp::datasets {
namespace {

/// Weights that sum to 256, odd in number.
using Kernel = std::vector<std::uint16_t>;

/// A Gaussian, widened by a box of `box_px` when there is motion.
Kernel make_kernel(double deviation_px, double box_px) {
  const int reach = std::min(24, static_cast<int>(std::ceil(2.6 * deviation_px + box_px / 2)));
  std::vector<double> weights(static_cast<std::size_t>(2 * reach + 1), 0);
  double sum = 0;
  const int slices = 1 + 4 * static_cast<int>(std::ceil(box_px));
  for (int i = -reach; i <= reach; ++i) {
    for (int s = 0; s < slices; ++s) {
      const double centre = slices == 1 ? 0 : box_px * (s / static_cast<double>(slices - 1) - 0.5);
      const double distance = (i - centre) / deviation_px;
      const double weight = std::exp(-0.5 * distance * distance);
      weights[static_cast<std::size_t>(i + reach)] += weight;
      sum += weight;
    }
  }
  Kernel kernel;
  int total = 0;
  for (const double weight : weights) {
    kernel.push_back(static_cast<std::uint16_t>(weight / sum * 256 + 0.5));
    total += kernel.back();
  }
  std::uint16_t& middle = kernel[static_cast<std::size_t>(reach)];
  middle = static_cast<std::uint16_t>(middle + 256 - total);
  return kernel;
}

/// Along rows; the result is in 1/256 grey levels.
void blur_row(const std::uint8_t* from, int width, const Kernel& kernel,
              std::vector<std::uint8_t>& padded, std::uint16_t* to) {
  const std::size_t reach = kernel.size() / 2;
  const auto size = static_cast<std::size_t>(width);
  padded.resize(size + 2 * reach);
  std::fill_n(padded.begin(), reach, from[0]);
  std::copy_n(from, size, padded.begin() + static_cast<std::ptrdiff_t>(reach));
  std::fill_n(padded.begin() + static_cast<std::ptrdiff_t>(reach + size), reach, from[size - 1]);
  std::fill_n(to, size, std::uint16_t{0});
  for (std::size_t k = 0; k < kernel.size(); ++k) {
    const std::uint16_t weight = kernel[k];
    const std::uint8_t* const at = padded.data() + k;
    for (std::size_t x = 0; x < size; ++x) {
      to[x] = static_cast<std::uint16_t>(to[x] + weight * at[x]);
    }
  }
}

/// How much light falls where: a plane and a bowl, in 1/32768.
class Light {
 public:
  Light(double falloff, int width_px, int height_px, Random& random)
      : falloff_(falloff), width_(width_px), height_(height_px) {
    lean_x_ = random.real(-0.5, 0.5);
    lean_y_ = random.real(-0.5, 0.5);
  }
  int at(int x, int y) const {
    const double u = x / width_ - 0.5;
    const double v = y / height_ - 0.5;
    const double dark = 0.35 + lean_x_ * u + lean_y_ * v + 0.6 * (u * u + v * v);
    return static_cast<int>(32768 * (1 - falloff_ * std::clamp(dark, 0.0, 1.0)));
  }

 private:
  double falloff_, width_, height_, lean_x_ = 0, lean_y_ = 0;
};

/// Deviations of the noise at each level, in 1/256 grey levels: the same at all of them, or shot
/// noise, whose variance grows with the light, over that of the sensor in the dark.
std::array<int, 256> noise_levels(const Conditions& conditions) {
  std::array<int, 256> levels{};
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const double share =
        conditions.shot_noise ? std::sqrt(0.34 + 0.0025 * static_cast<double>(level)) : 1;
    levels[level] = static_cast<int>(conditions.noise * share * 256);
  }
  return levels;
}

void finish_row(const std::vector<std::uint32_t>& sums, const Light& light, int y,
                const std::array<int, 256>& noise, const std::int16_t* white, std::uint8_t* to) {
  constexpr int kCell_px = 64;
  const int width = static_cast<int>(sums.size());
  int gain = light.at(0, y);
  for (int x0 = 0; x0 < width; x0 += kCell_px) {
    const int next = light.at(x0 + kCell_px, y);
    const int end = std::min(kCell_px, width - x0);
    for (int i = 0; i < end; ++i) {
      // 16 fraction bits, then the light, then noise.
      const int local = gain + (next - gain) * i / kCell_px;
      const int lit = static_cast<int>(sums[static_cast<std::size_t>(x0 + i)] >> 8) * local >> 15;
      const int deviation = noise[static_cast<std::size_t>(std::min(lit >> 8, 255))];
      const int value = (lit * 256 + white[x0 + i] * deviation + 32768) >> 16;
      to[x0 + i] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
    }
    gain = next;
  }
}

}  // namespace

vision::Frame expose(const Plane& scene, const Conditions& conditions, double px_per_mm,
                     Random& random) {
  const double scale = px_per_mm / 8;
  const Kernel along = make_kernel(conditions.blur_px * scale, conditions.motion_px * scale);
  const Kernel across = make_kernel(conditions.blur_px * scale, 0);
  const Light light(conditions.light_falloff, scene.width_px, scene.height_px, random);
  const std::array<int, 256> noise = noise_levels(conditions);
  const NoiseTables& tables = noise_tables();
  const int width = scene.width_px;
  const int reach = static_cast<int>(across.size() / 2);
  // A ring of blurred rows: each is made once, used by all rows that it reaches.
  const int ring = static_cast<int>(across.size());
  std::vector<std::vector<std::uint16_t>> rows(
      static_cast<std::size_t>(ring), std::vector<std::uint16_t>(static_cast<std::size_t>(width)));
  std::vector<std::uint8_t> padded;
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(width));
  vision::Frame frame(width, scene.height_px);
  const auto slot = [&](int y) { return static_cast<std::size_t>((y % ring + ring) % ring); };
  int made = -reach - 1;
  for (int y = 0; y < scene.height_px; ++y) {
    for (; made < y + reach; ++made) {
      const int from = std::clamp(made + 1, 0, scene.height_px - 1);
      blur_row(scene.row(from), width, along, padded, rows[slot(made + 1)].data());
    }
    std::fill(sums.begin(), sums.end(), 0u);
    for (int k = 0; k < ring; ++k) {
      const std::uint32_t weight = across[static_cast<std::size_t>(k)];
      const std::uint16_t* const row = rows[slot(y - reach + k)].data();
      for (std::size_t x = 0; x < sums.size(); ++x) sums[x] += weight * row[x];
    }
    const std::size_t begin = random.below(static_cast<std::uint32_t>(kNoiseSize));
    finish_row(sums, light, y, noise, tables.white.data() + begin, frame.row(y));
  }
  return frame;
}

}  // namespace backstamp::datasets
