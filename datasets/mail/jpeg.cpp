// The traces that JPEG leaves, without the file.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "datasets/mail/seen.h"

namespace backstamp::datasets {
namespace {

// ITU-T T.81 table K.1.
constexpr std::array<int, 64> kLuminance = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};

using Matrix = std::array<float, 64>;

/// The cosines of the transform, row k the k-th of them.
Matrix make_cosines() {
  Matrix cosines{};
  for (int k = 0; k < 8; ++k) {
    const double scale = k == 0 ? std::sqrt(0.125) : 0.5;
    for (int n = 0; n < 8; ++n) {
      cosines[static_cast<std::size_t>(k * 8 + n)] =
          static_cast<float>(scale * std::cos((2 * n + 1) * k * std::numbers::pi / 16));
    }
  }
  return cosines;
}

/// Eight rows of a picture, so that a loop over all of its blocks runs along memory: value (y, x)
/// of block b is at (y * 8 + x) * blocks + b.
struct Strip {
  explicit Strip(std::size_t count) : blocks(count), values(64 * count), other(64 * count) {}
  std::size_t blocks;
  std::vector<float> values, other;

  /// Transforms the columns or rows of all blocks: new k = sum over n of factor(k, n) · old n.
  template <typename Factor>
  void transform(std::size_t lines, std::size_t step, std::size_t run, Factor factor) {
    for (std::size_t line = 0; line < lines; ++line) {
      const std::size_t o = line * 8;
      for (std::size_t k = 0; k < 8; ++k) {
        float* const to = &other[(o + k * step) * blocks];
        std::fill_n(to, run * blocks, 0.f);
        for (std::size_t n = 0; n < 8; ++n) {
          const float weight = factor(k, n);
          const float* const from = &values[(o + n * step) * blocks];
          for (std::size_t i = 0; i < run * blocks; ++i) to[i] += weight * from[i];
        }
      }
    }
    values.swap(other);
  }
  template <typename Factor>
  void transform_both(Factor factor) {
    transform(1, 8, 8, factor);  // columns, all eight at once
    transform(8, 1, 1, factor);  // rows
  }
};

}  // namespace

void leave_jpeg_traces(vision::Frame& picture, int quality) {
  static const Matrix cosines = make_cosines();
  const int percent = quality < 50 ? 5000 / std::max(quality, 1) : 200 - 2 * quality;
  const int width = picture.width_px();
  const int height = picture.height_px();
  Strip strip(static_cast<std::size_t>(width + 7) / 8);
  const auto at = [&](int y, int x) {
    return static_cast<std::size_t>(y * 8 + x % 8) * strip.blocks + static_cast<std::size_t>(x / 8);
  };
  for (int top = 0; top < height; top += 8) {
    for (int y = 0; y < 8; ++y) {
      const std::uint8_t* const row = picture.row(std::min(top + y, height - 1));
      for (int x = 0; x < static_cast<int>(8 * strip.blocks); ++x) {
        strip.values[at(y, x)] = static_cast<float>(row[std::min(x, width - 1)]) - 128;
      }
    }
    strip.transform_both([](std::size_t k, std::size_t n) { return cosines[k * 8 + n]; });
    for (std::size_t i = 0; i < 64; ++i) {
      const auto step =
          static_cast<float>(std::clamp((kLuminance[i] * percent + 50) / 100, 1, 255));
      for (float* value = &strip.values[i * strip.blocks];
           value != strip.values.data() + (i + 1) * strip.blocks; ++value) {
        const int steps = static_cast<int>(*value / step + 4096.5f) - 4096;  // to the nearest
        *value = static_cast<float>(steps) * step;
      }
    }
    strip.transform_both([](std::size_t k, std::size_t n) { return cosines[n * 8 + k]; });
    for (int y = 0; y < 8 && top + y < height; ++y) {
      std::uint8_t* const row = picture.row(top + y);
      for (int x = 0; x < width; ++x) {
        row[x] = static_cast<std::uint8_t>(std::clamp(strip.values[at(y, x)] + 128.5f, 0.f, 255.f));
      }
    }
  }
}

}  // namespace backstamp::datasets
