// The traces that JPEG leaves, without the file.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "datasets/mail/seen.h"

namespace backstamp::datasets {
namespace {

// ITU-T T.81 table K.1.
constexpr std::array<int, 64> kLuminance = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};

using Block = std::array<float, 64>;

/// The cosines of the transform, row k the k-th of them.
Block make_cosines() {
  Block cosines{};
  for (int k = 0; k < 8; ++k) {
    const double scale = k == 0 ? std::sqrt(0.125) : 0.5;
    for (int n = 0; n < 8; ++n) {
      cosines[static_cast<std::size_t>(k * 8 + n)] =
          static_cast<float>(scale * std::cos((2 * n + 1) * k * std::numbers::pi / 16));
    }
  }
  return cosines;
}

/// out = a · b (`transposed`: a transposed · b).
template <bool transposed>
void multiply(const Block& a, const Block& b, Block& out) {
  for (std::size_t i = 0; i < 8; ++i) {
    std::array<float, 8> sum{};
    for (std::size_t k = 0; k < 8; ++k) {
      const float factor = transposed ? a[k * 8 + i] : a[i * 8 + k];
      for (std::size_t j = 0; j < 8; ++j) sum[j] += factor * b[k * 8 + j];
    }
    std::copy(sum.begin(), sum.end(), out.begin() + static_cast<std::ptrdiff_t>(i * 8));
  }
}

Block transposed(const Block& block) {
  Block out{};
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 8; ++j) out[j * 8 + i] = block[i * 8 + j];
  }
  return out;
}

}  // namespace

void leave_jpeg_traces(vision::Frame& picture, int quality) {
  static const Block cosines = make_cosines();
  static const Block turned = transposed(cosines);
  const int percent = quality < 50 ? 5000 / std::max(quality, 1) : 200 - 2 * quality;
  Block steps{};
  for (std::size_t i = 0; i < 64; ++i) {
    steps[i] = static_cast<float>(std::clamp((kLuminance[i] * percent + 50) / 100, 1, 255));
  }
  const int width = picture.width_px();
  const int height = picture.height_px();
  Block block{}, half{};
  for (int top = 0; top < height; top += 8) {
    for (int left = 0; left < width; left += 8) {
      for (int y = 0; y < 8; ++y) {
        const std::uint8_t* const row = picture.row(std::min(top + y, height - 1));
        for (int x = 0; x < 8; ++x) {
          block[static_cast<std::size_t>(y * 8 + x)] =
              static_cast<float>(row[std::min(left + x, width - 1)]) - 128;
        }
      }
      multiply<false>(cosines, block, half);
      multiply<false>(half, turned, block);
      for (std::size_t i = 0; i < 64; ++i) {
        block[i] = std::floor(block[i] / steps[i] + 0.5f) * steps[i];
      }
      multiply<false>(turned, block, half);
      multiply<false>(half, cosines, block);
      for (int y = 0; y < 8 && top + y < height; ++y) {
        std::uint8_t* const row = picture.row(top + y);
        for (int x = 0; x < 8 && left + x < width; ++x) {
          const float value = block[static_cast<std::size_t>(y * 8 + x)] + 128.5f;
          row[left + x] = static_cast<std::uint8_t>(std::clamp(value, 0.f, 255.f));
        }
      }
    }
  }
}

}  // namespace backstamp::datasets
