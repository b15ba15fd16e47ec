#include "vision/four_state/bar_profiles.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "vision/four_state/wave_kernels.h"

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

// Greys along axes of one track.
class Columns {
 public:
  Columns(ImageView face, Point step)
      : face_(face),
        step_(step),
        fixed_(suits_fixed_lines(face)),
        dx_(static_cast<std::int32_t>(std::lround(step.x * kOne))),
        dy_(static_cast<std::int32_t>(std::lround(step.y * kOne))) {}

  // Adds `weight` × the greys along the axis through `centre` to those rows of `out`.
  void add(Point centre, Run rows, float weight, float* out) const {
    const float half = static_cast<float>(kRows / 2);
    const Point first{centre.x - half * step_.x - 0.5f, centre.y - half * step_.y - 0.5f};
    const Point last{centre.x + half * step_.x - 0.5f, centre.y + half * step_.y - 0.5f};
    if (fixed_ && lies_inside(first) && lies_inside(last)) {
      const FixedLine line{static_cast<std::int32_t>(first.x * kOne) + rows.first * dx_,
                           static_cast<std::int32_t>(first.y * kOne) + rows.first * dy_, dx_, dy_};
      if (add_greys(face_, line, rows.length(), weight, out + rows.first)) return;
    }
    const float right = static_cast<float>(face_.width_px - 2);
    const float below = static_cast<float>(face_.height_px - 2);
    for (int r = rows.first; r <= rows.last; ++r) {
      const float x = std::clamp(first.x + static_cast<float>(r) * step_.x, 0.0f, right);
      const float y = std::clamp(first.y + static_cast<float>(r) * step_.y, 0.0f, below);
      out[r] += weight / kOne *
                static_cast<float>(sample(face_, static_cast<std::int32_t>(x * kOne),
                                          static_cast<std::int32_t>(y * kOne)));
    }
  }

 private:
  static constexpr float kOne = 65536.0f;

  bool lies_inside(Point p) const {
    constexpr float kReadOn = 5;  // pixels that may be read to the right of one that is asked for
    return p.x >= 0 && p.y >= 0 && p.x < static_cast<float>(face_.width_px) - kReadOn &&
           p.y < static_cast<float>(face_.height_px - 2);
  }

  ImageView face_;
  Point step_;
  bool fixed_;
  std::int32_t dx_, dy_;
};

Point moved(Point from, Point direction, float distance) {
  return {from.x + direction.x * distance, from.y + direction.y * distance};
}

}  // namespace

BarProfiles empty_profiles(const BarTrack& track) {
  BarProfiles profiles;
  profiles.bars = static_cast<int>(track.centres.size());
  profiles.darkness.assign(track.centres.size() * kRows + kMorePlaces, 0.0f);
  profiles.spaces.assign((track.centres.size() + 1) * kRows + kMorePlaces, 0.0f);
  return profiles;
}

void sample_profiles(ImageView face, const BarTrack& track, Run bars, Run rows,
                     BarProfiles& profiles) {
  if (face.width_px < 4 || face.height_px < 4) return;
  const float pitch = track.pitch_px;
  const Point step{track.axis.x * pitch / BarProfiles::kRowsPerPitch,
                   track.axis.y * pitch / BarProfiles::kRowsPerPitch};
  const Columns columns(face, step);
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
    columns.add(middle, rows, 1.0f, profiles.space(s));
  }
  for (int k = bars.first; k <= bars.last; ++k) {
    float* darkness = profiles.bar(k);
    for (const float offset : {-0.10f, 0.10f})
      columns.add(moved(centre(k), track.along, offset * pitch), rows, -1.0f / 2, darkness);
    const float* before = profiles.space(k);
    const float* after = profiles.space(k + 1);
    for (int r = rows.first; r <= rows.last; ++r) darkness[r] += 0.5f * (before[r] + after[r]);
  }
}

}  // namespace backstamp::vision::four_state
