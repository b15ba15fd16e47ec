#include <algorithm>
#include <cmath>
#include <numbers>

#include "datasets/synthesizer/camera.h"

namespace backstamp::datasets {
namespace {

constexpr int kStep_px = 16;  // between exactly computed points of a row
constexpr double kOne = 65536;

/// Bilinear between four neighbours; fractions of 256.
std::uint8_t blend(const std::uint8_t* at, std::ptrdiff_t stride, int fx, int fy) {
  const int top = at[0] * (256 - fx) + at[1] * fx;
  const int bottom = at[stride] * (256 - fx) + at[stride + 1] * fx;
  return static_cast<std::uint8_t>((top * (256 - fy) + bottom * fy + 32768) >> 16);
}

/// The face with a rim of belt around it, so that its edge blends into the belt.
Plane with_rim(const Plane& face, int rim_px, std::uint8_t belt) {
  Plane out(face.width_px + 2 * rim_px, face.height_px + 2 * rim_px, belt);
  for (int y = 0; y < face.height_px; ++y) {
    std::copy_n(face.row(y), face.width_px, out.row(y + rim_px) + rim_px);
  }
  return out;
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
  const auto point = [&](int x, int y, std::int64_t& fx, std::int64_t& fy) {
    const auto at = transport.face_from_picture(x + 0.5, y + 0.5);
    fx = static_cast<std::int64_t>(std::floor((at.x_px - 0.5 + kRim_px) * kOne + 0.5));
    fy = static_cast<std::int64_t>(std::floor((at.y_px - 0.5 + kRim_px) * kOne + 0.5));
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
        if (sx < 0 || sy < 0 || sx >= right || sy >= bottom) continue;
        const std::uint8_t* const at = source.row(static_cast<int>(sy >> 16)) + (sx >> 16);
        row[x + i] = blend(at, source.width_px, static_cast<int>(sx >> 8 & 255),
                           static_cast<int>(sy >> 8 & 255));
      }
    }
  }
  return out;
}

}  // namespace backstamp::datasets
