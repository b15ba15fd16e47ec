#include "datasets/mail/seen.h"

#include <algorithm>
#include <cmath>

namespace backstamp::datasets {
namespace {

constexpr int kStep_px = 16;  // between exactly computed points of a row
constexpr int kPhases = 256;
constexpr int kRim_px = 3;

/// Weights of cubic convolution (Keys 1981, a = -1/2) that sum to 256.
struct Taps {
  std::array<std::int16_t, 4> weight;
};

std::array<Taps, kPhases> make_taps() {
  std::array<Taps, kPhases> all{};
  for (int phase = 0; phase < kPhases; ++phase) {
    const double t = static_cast<double>(phase) / kPhases;
    const std::array<double, 4> exact = {((-0.5 * t + 1) * t - 0.5) * t,
                                         (1.5 * t - 2.5) * t * t + 1,
                                         ((-1.5 * t + 2) * t + 0.5) * t, (0.5 * t - 0.5) * t * t};
    int sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      all[static_cast<std::size_t>(phase)].weight[i] =
          static_cast<std::int16_t>(std::lround(exact[i] * 256));
      sum += all[static_cast<std::size_t>(phase)].weight[i];
    }
    std::int16_t& nearest = all[static_cast<std::size_t>(phase)].weight[phase < 128 ? 1 : 2];
    nearest = static_cast<std::int16_t>(nearest + 256 - sum);
  }
  return all;
}

Plane with_rim(const Plane& face, std::uint8_t belt) {
  Plane out(face.width_px + 2 * kRim_px, face.height_px + 2 * kRim_px, belt);
  for (int y = 0; y < face.height_px; ++y) {
    std::copy_n(face.row(y), face.width_px, out.row(y + kRim_px) + kRim_px);
  }
  return out;
}

int sample(const Plane& source, std::int64_t x, std::int64_t y,
           const std::array<Taps, kPhases>& taps) {
  const std::uint8_t* at = source.row(static_cast<int>(y >> 16) - 1) + (x >> 16) - 1;
  const Taps& across = taps[static_cast<std::size_t>(x >> 8 & 255)];
  const Taps& down = taps[static_cast<std::size_t>(y >> 8 & 255)];
  int sum = 0;
  for (std::size_t row = 0; row < 4; ++row, at += source.width_px) {
    sum += down.weight[row] * (at[0] * across.weight[0] + at[1] * across.weight[1] +
                               at[2] * across.weight[2] + at[3] * across.weight[3]);
  }
  return std::clamp((sum + 32768) >> 16, 0, 255);
}

}  // namespace

Plane carry_sharply(const Plane& face, const Transport& transport, int belt_level,
                    const std::array<std::uint8_t, 256>& tones) {
  static const std::array<Taps, kPhases> taps = make_taps();
  const auto belt = static_cast<std::uint8_t>(belt_level);
  const Plane source = with_rim(face, belt);
  Plane out(transport.width_px(), transport.height_px(), tones[belt]);
  const std::int64_t first = 1 << 16;
  const std::int64_t right = static_cast<std::int64_t>(source.width_px - 2) << 16;
  const std::int64_t bottom = static_cast<std::int64_t>(source.height_px - 2) << 16;
  const auto point = [&](int x, int y, std::int64_t& fx, std::int64_t& fy) {
    const auto at = transport.face_from_picture(x + 0.5, y + 0.5);
    fx = static_cast<std::int64_t>(std::floor((at.x_px - 0.5 + kRim_px) * 65536 + 0.5));
    fy = static_cast<std::int64_t>(std::floor((at.y_px - 0.5 + kRim_px) * 65536 + 0.5));
  };
  for (int y = 0; y < out.height_px; ++y) {
    std::uint8_t* const row = out.row(y);
    std::int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    point(0, y, x0, y0);
    for (int x = 0; x < out.width_px; x += kStep_px, x0 = x1, y0 = y1) {
      point(x + kStep_px, y, x1, y1);
      const std::int64_t step_x = (x1 - x0) / kStep_px;
      const std::int64_t step_y = (y1 - y0) / kStep_px;
      const int end = std::min(kStep_px, out.width_px - x);
      std::int64_t sx = x0, sy = y0;
      for (int i = 0; i < end; ++i, sx += step_x, sy += step_y) {
        if (sx < first || sy < first || sx >= right || sy >= bottom) continue;
        row[x + i] = tones[static_cast<std::size_t>(sample(source, sx, sy, taps))];
      }
    }
  }
  return out;
}

}  // namespace backstamp::datasets
