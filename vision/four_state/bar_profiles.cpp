#include "vision/four_state/bar_profiles.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace backstamp::vision::four_state {
namespace {

constexpr int kRows = BarProfiles::kRows;

// Bilinear; p in pixels with centres at .5, clamped to the face. Fixed point, 8 bits of fraction.
inline int sample(ImageView face, std::int32_t x, std::int32_t y) {
  const std::int32_t column = x >> 16, line = y >> 16;
  const int fx = (x >> 8) & 255, fy = (y >> 8) & 255;
  const std::uint8_t* p = face.pixels + line * face.stride_bytes + column;
  const std::uint8_t* q = p + face.stride_bytes;
  const int top = (p[0] << 8) + (p[1] - p[0]) * fx;
  const int bottom = (q[0] << 8) + (q[1] - q[0]) * fx;
  return (top << 8) + (bottom - top) * fy;  // grey × 65536
}

// Adds `weight` × the greys along the axis through `centre` to those rows of `out`.
void add_column(ImageView face, Point centre, Point step, Run rows, float weight, float* out) {
  constexpr float kOne = 65536.0f;
  const float half = static_cast<float>(kRows / 2);
  const float x0 = centre.x - half * step.x - 0.5f, y0 = centre.y - half * step.y - 0.5f;
  const float x1 = centre.x + half * step.x - 0.5f, y1 = centre.y + half * step.y - 0.5f;
  const float right = static_cast<float>(face.width_px - 2);
  const float below = static_cast<float>(face.height_px - 2);
  const float scale = weight / kOne;
  const auto ok = [&](float x, float y) { return x >= 0 && y >= 0 && x < right && y < below; };
  if (ok(x0, y0) && ok(x1, y1)) {
    const auto dx = static_cast<std::int32_t>(std::lround(step.x * kOne));
    const auto dy = static_cast<std::int32_t>(std::lround(step.y * kOne));
    auto x = static_cast<std::int32_t>(x0 * kOne) + rows.first * dx;
    auto y = static_cast<std::int32_t>(y0 * kOne) + rows.first * dy;
    for (int r = rows.first; r <= rows.last; ++r, x += dx, y += dy)
      out[r] += scale * static_cast<float>(sample(face, x, y));
    return;
  }
  for (int r = rows.first; r <= rows.last; ++r) {
    const float x = std::clamp(x0 + static_cast<float>(r) * step.x, 0.0f, right);
    const float y = std::clamp(y0 + static_cast<float>(r) * step.y, 0.0f, below);
    out[r] += scale * static_cast<float>(sample(face, static_cast<std::int32_t>(x * kOne),
                                                static_cast<std::int32_t>(y * kOne)));
  }
}

Point moved(Point from, Point direction, float distance) {
  return {from.x + direction.x * distance, from.y + direction.y * distance};
}

}  // namespace

BarProfiles empty_profiles(const BarTrack& track) {
  BarProfiles profiles;
  profiles.bars = static_cast<int>(track.centres.size());
  profiles.darkness.assign(track.centres.size() * kRows, 0.0f);
  profiles.spaces.assign((track.centres.size() + 1) * kRows, 0.0f);
  return profiles;
}

void sample_profiles(ImageView face, const BarTrack& track, Run bars, Run rows,
                     BarProfiles& profiles) {
  if (face.width_px < 4 || face.height_px < 4) return;
  const float pitch = track.pitch_px;
  const Point step{track.axis.x * pitch / BarProfiles::kRowsPerPitch,
                   track.axis.y * pitch / BarProfiles::kRowsPerPitch};
  const auto centre = [&](int k) { return track.centres[static_cast<std::size_t>(k)]; };
  for (int s = bars.first; s <= bars.last + 1; ++s) {
    // The space before bar s: between its neighbours, or half a pitch past the end.
    Point middle;
    if (s == 0) {
      middle = moved(centre(0), track.along, -0.5f * pitch);
    } else if (s == profiles.bars) {
      middle = moved(centre(s - 1), track.along, 0.5f * pitch);
    } else {
      middle = {0.5f * (centre(s - 1).x + centre(s).x), 0.5f * (centre(s - 1).y + centre(s).y)};
    }
    add_column(face, middle, step, rows, 1.0f, profiles.space(s));
  }
  for (int k = bars.first; k <= bars.last; ++k) {
    float* darkness = profiles.bar(k);
    for (const float offset : {-0.16f, 0.0f, 0.16f})
      add_column(face, moved(centre(k), track.along, offset * pitch), step, rows, -1.0f / 3,
                 darkness);
    const float* before = profiles.space(k);
    const float* after = profiles.space(k + 1);
    for (int r = rows.first; r <= rows.last; ++r) darkness[r] += 0.5f * (before[r] + after[r]);
  }
}

}  // namespace backstamp::vision::four_state
