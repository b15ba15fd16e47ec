#include <algorithm>
#include <cmath>
#include <numbers>

#include "datasets/synthesizer/camera.h"
#include "datasets/synthesizer/carried_rows.h"

namespace backstamp::datasets {
namespace {

constexpr int kStep_px = 16;  // between the places whose shake is told

/// Bilinear between four neighbours; fractions of 256.
std::uint8_t blend(const std::uint8_t* at, std::ptrdiff_t stride, int fx, int fy) {
  const int top = at[0] * (256 - fx) + at[1] * fx;
  const int bottom = at[stride] * (256 - fx) + at[stride + 1] * fx;
  return static_cast<std::uint8_t>((top * (256 - fy) + bottom * fy + 32768) >> 16);
}

}  // namespace

Transport::Transport(int face_width_px, int face_height_px, const Conditions& conditions,
                     double px_per_mm, Random& random)
    : centre_x_(face_width_px / 2.0),
      centre_y_(face_height_px / 2.0),
      stretch_(conditions.stretch),
      perspective_(conditions.perspective),
      face_height_px_(face_height_px) {
  const double angle =
      (conditions.skew_deg + (conditions.upside_down ? 180 : 0) + 90 * conditions.quarter_turns) *
      std::numbers::pi / 180;
  cosine_ = std::cos(angle);
  sine_ = std::sin(angle);
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
  for (const int corner : {0, 1, 2, 3}) {
    double x = 0, y = 0;
    forward(corner & 1 ? face_width_px : 0, corner & 2 ? face_height_px : 0, x, y);
    left = std::min(left, x);
    right = std::max(right, x);
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
  shift_x_ = px_per_mm * random.real(1, 6) - left;
  shift_y_ = px_per_mm * random.real(1, 6) - top;
  width_px_ = static_cast<int>(right + shift_x_ + px_per_mm * random.real(1, 6));
  height_px_ = static_cast<int>(bottom + shift_y_ + px_per_mm * random.real(1, 6));
  double offset = 0;
  for (int x = 0; x <= width_px_ + 2 * kStep_px; x += kStep_px) {
    offset = offset * 0.8 + random.real(-1, 1) * conditions.jitter_px * px_per_mm / 8;
    shake_.push_back(offset);
  }
}

void Transport::forward(double x_px, double y_px, double& out_x, double& out_y) const {
  const double x = x_px - centre_x_;
  const double y = y_px - centre_y_;
  const double belt_x = (x * cosine_ - y * sine_) * (1 + stretch_);
  const double belt_y = x * sine_ + y * cosine_;
  const double w = 1 + perspective_ * belt_y / face_height_px_;
  out_x = belt_x / w;
  out_y = belt_y / w;
}

double Transport::shake_px(double x_px) const {
  const double at = std::clamp(x_px / kStep_px, 0.0, static_cast<double>(shake_.size() - 2));
  const auto cell = static_cast<std::size_t>(at);
  const double part = at - static_cast<double>(cell);
  return shake_[cell] * (1 - part) + shake_[cell + 1] * part;
}

vision::Point Transport::picture_from_face(double x_px, double y_px) const {
  double x = 0, y = 0;
  forward(x_px, y_px, x, y);
  x += shift_x_;
  y += shift_y_;
  return {static_cast<float>(x - shake_px(x)), static_cast<float>(y)};
}

Transport::FacePoint Transport::face_from_picture(double x_px, double y_px) const {
  const double x = x_px + shake_px(x_px) - shift_x_;
  const double y = y_px - shift_y_;
  const double belt_y = y / (1 - perspective_ * y / face_height_px_);
  const double belt_x = x * (1 + perspective_ * belt_y / face_height_px_) / (1 + stretch_);
  return {belt_x * cosine_ + belt_y * sine_ + centre_x_,
          belt_y * cosine_ - belt_x * sine_ + centre_y_};
}

Plane carry(const Plane& face, const Transport& transport, const Conditions& conditions) {
  constexpr int kRim_px = 2;
  const auto belt = static_cast<std::uint8_t>(conditions.belt_level);
  const Plane source = with_rim(face, kRim_px, belt);
  Plane out(transport.width_px(), transport.height_px(), belt);
  const std::int64_t right = static_cast<std::int64_t>(source.width_px - 1) << 16;
  const std::int64_t bottom = static_cast<std::int64_t>(source.height_px - 1) << 16;
  along_rows(transport, kRim_px, [&](const Stretch& stretch) {
    const FixedPoint step = stretch.step();
    std::uint8_t* const row = out.row(stretch.y) + stretch.x;
    auto [x, y] = stretch.from;
    for (int i = 0; i < stretch.count; ++i, x += step.x, y += step.y) {
      if (x < 0 || y < 0 || x >= right || y >= bottom) continue;
      const std::uint8_t* const at = source.row(static_cast<int>(y >> 16)) + (x >> 16);
      row[i] = blend(at, source.width_px, static_cast<int>(x >> 8 & 255),
                     static_cast<int>(y >> 8 & 255));
    }
  });
  return out;
}

}  // namespace backstamp::datasets
