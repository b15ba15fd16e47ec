#include "vision/locate/tiles.h"

#include <cmath>

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/locate/tiles.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;
#endif

/// One row of the halved picture from two of the face.
void halve_rows(const std::uint8_t* a, const std::uint8_t* b, int columns, std::uint8_t* out) {
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint16_t> wide;
  const hn::Repartition<std::uint8_t, decltype(wide)> bytes;
  const hn::Rebind<std::uint8_t, decltype(wide)> narrow;
  const hn::RebindToSigned<decltype(wide)> signed_wide;
  const auto low = hn::Set(wide, 0xFF);
  const auto two = hn::Set(wide, 2);
  const auto lanes = static_cast<int>(hn::Lanes(wide));
  for (; x + lanes <= columns; x += lanes) {
    const auto upper = hn::BitCast(wide, hn::LoadU(bytes, a + 2 * x));
    const auto lower = hn::BitCast(wide, hn::LoadU(bytes, b + 2 * x));
    const auto left = hn::Add(hn::And(upper, low), hn::And(lower, low));
    const auto right = hn::Add(hn::ShiftRight<8>(upper), hn::ShiftRight<8>(lower));
    const auto mean = hn::ShiftRight<2>(hn::Add(hn::Add(left, right), two));
    hn::StoreU(hn::DemoteTo(narrow, hn::BitCast(signed_wide, mean)), narrow, out + x);
  }
#endif
  for (; x < columns; ++x) {
    const int sum = a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1];
    out[x] = static_cast<std::uint8_t>((sum + 2) >> 2);
  }
}

void halve(ImageView face, Frame& half) {
  for (int y = 0; y < half.height_px(); ++y)
    halve_rows(face.row(2 * y), face.row(2 * y + 1), half.width_px(), half.row(y));
}

// A tile is as wide as one vector of eight 16-bit lanes, so it has its sums to itself.
static_assert(kTile_px == 8);

constexpr float kMean = 1.0f / (kTile_px * kTile_px);

#if HWY_TARGET == HWY_SCALAR
Tensor tile_tensor(const std::uint8_t* corner, std::ptrdiff_t stride) {
  int xx = 0, yy = 0, xy = 0;
  for (int y = 0; y < kTile_px; ++y) {
    const std::uint8_t* row = corner + y * stride;
    for (int x = 0; x < kTile_px; ++x) {
      const int gx = row[x + 1] - row[x - 1];
      const int gy = row[x + stride] - row[x - stride];
      xx += gx * gx, yy += gy * gy, xy += gx * gy;
    }
  }
  return {kMean * static_cast<float>(xx), kMean * static_cast<float>(yy),
          kMean * static_cast<float>(xy)};
}
#else
Tensor tile_tensor(const std::uint8_t* corner, std::ptrdiff_t stride) {
  const hn::FixedTag<std::int16_t, 8> wide;
  const hn::FixedTag<std::int32_t, 4> sums;
  const hn::Rebind<std::uint8_t, decltype(wide)> narrow;
  const auto load = [&](const std::uint8_t* p) {
    return hn::PromoteTo(wide, hn::LoadU(narrow, p));
  };
  auto xx = hn::Zero(sums), yy = hn::Zero(sums), xy = hn::Zero(sums);
  auto xx2 = hn::Zero(sums), yy2 = hn::Zero(sums), xy2 = hn::Zero(sums);
  auto above = load(corner - stride);
  auto here = load(corner);
  for (int y = 0; y < kTile_px; ++y) {
    const std::uint8_t* row = corner + y * stride;
    const auto below = load(row + stride);
    const auto gx = hn::Sub(load(row + 1), load(row - 1));
    const auto gy = hn::Sub(below, above);
    xx = hn::ReorderWidenMulAccumulate(sums, gx, gx, xx, xx2);
    yy = hn::ReorderWidenMulAccumulate(sums, gy, gy, yy, yy2);
    xy = hn::ReorderWidenMulAccumulate(sums, gx, gy, xy, xy2);
    above = here;
    here = below;
  }
  const auto total = [&](auto one, auto two) {
    return kMean * static_cast<float>(hn::GetLane(hn::SumOfLanes(sums, hn::Add(one, two))));
  };
  return {total(xx, xx2), total(yy, yy2), total(xy, xy2)};
}
#endif

void add_tensors(ImageView half, Tiles& tiles) {
  for (int row = 0; row < tiles.rows; ++row)
    for (int column = 0; column < tiles.columns; ++column)
      tiles.tensors.push_back(
          tile_tensor(half.row(1 + row * kTile_px) + 1 + column * kTile_px, half.stride_bytes));
}

}  // namespace
}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace backstamp::vision {

HWY_EXPORT(halve);
HWY_EXPORT(add_tensors);

float Tensor::coherence() const {
  const float sum = energy();
  return sum > 0 ? std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy) / sum : 0;
}

Tensor& Tensor::operator+=(const Tensor& other) {
  xx += other.xx;
  yy += other.yy;
  xy += other.xy;
  return *this;
}

Frame halved(ImageView face) {
  Frame half(face.width_px / 2, face.height_px / 2);
  HWY_DYNAMIC_DISPATCH(halve)(face, half);
  return half;
}

Tiles tile_tensors(ImageView half) {
  Tiles tiles;
  // One pixel of margin, so that every gradient has its neighbours.
  tiles.columns = half.width_px > 2 ? (half.width_px - 2) / kTile_px : 0;
  tiles.rows = half.height_px > 2 ? (half.height_px - 2) / kTile_px : 0;
  tiles.tensors.reserve(static_cast<std::size_t>(tiles.columns * tiles.rows));
  HWY_DYNAMIC_DISPATCH(add_tensors)(half, tiles);
  return tiles;
}

}  // namespace backstamp::vision

#endif
