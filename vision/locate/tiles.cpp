#include "vision/locate/tiles.h"

#include <algorithm>
#include <cmath>

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/locate/tiles.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;
#endif

#if HWY_TARGET != HWY_SCALAR
/// As many pixels of the halved picture as a vector of `wide` has lanes.
template <class D>
void halve_at(D wide, const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out) {
  const hn::Repartition<std::uint8_t, D> bytes;
  const hn::Rebind<std::uint8_t, D> narrow;
  const hn::RebindToSigned<D> signed_wide;
  const auto low = hn::Set(wide, 0xFF);
  const auto upper = hn::BitCast(wide, hn::LoadU(bytes, a));
  const auto lower = hn::BitCast(wide, hn::LoadU(bytes, b));
  const auto left = hn::Add(hn::And(upper, low), hn::And(lower, low));
  const auto right = hn::Add(hn::ShiftRight<8>(upper), hn::ShiftRight<8>(lower));
  const auto mean = hn::ShiftRight<2>(hn::Add(hn::Add(left, right), hn::Set(wide, 2)));
  hn::StoreU(hn::DemoteTo(narrow, hn::BitCast(signed_wide, mean)), narrow, out);
}
#endif

/// One row of the halved picture from two of the face; `ahead` are two that will be asked for soon.
void halve_rows(const std::uint8_t* a, const std::uint8_t* b,
                [[maybe_unused]] const std::uint8_t* const (&ahead)[2], int columns,
                std::uint8_t* out) {
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint16_t> wide;
  const auto lanes = static_cast<int>(hn::Lanes(wide));
  for (; x + lanes <= columns; x += lanes) {
    for (const std::uint8_t* row : ahead) hwy::Prefetch(row + 2 * x);
    halve_at(wide, a + 2 * x, b + 2 * x, out + x);
  }
  if (x < columns && lanes <= columns) {  // the last ones, some of them again
    x = columns - lanes;
    halve_at(wide, a + 2 * x, b + 2 * x, out + x);
    return;
  }
#endif
  for (; x < columns; ++x) {
    const int sum = a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1];
    out[x] = static_cast<std::uint8_t>((sum + 2) >> 2);
  }
}

void halve(ImageView face, Frame& half) {
  // The face was written by another process: it lies in none of the near caches, and what a
  // processor fetches ahead by itself ends with a page, which is two rows.
  constexpr int kAhead = 3;
  const int last = half.height_px() - 1;
  for (int y = 0; y <= last; ++y) {
    const int later = std::min(y + kAhead, last);
    halve_rows(face.row(2 * y), face.row(2 * y + 1), {face.row(2 * later), face.row(2 * later + 1)},
               half.width_px(), half.row(y));
  }
}

// Eight 16-bit lanes, a block of 128 bits, hold a row of a tile.
static_assert(kTile_px == 8);

constexpr float kMean = 1.0f / (kTile_px * kTile_px);

#if HWY_TARGET == HWY_SCALAR
void tensors_of_row(const std::uint8_t* corner, std::ptrdiff_t stride, int columns, Tensor* out) {
  for (int column = 0; column < columns; ++column, corner += kTile_px) {
    int xx = 0, yy = 0, xy = 0;
    for (int y = 0; y < kTile_px; ++y) {
      const std::uint8_t* row = corner + y * stride;
      for (int x = 0; x < kTile_px; ++x) {
        const int gx = row[x + 1] - row[x - 1];
        const int gy = row[x + stride] - row[x - stride];
        xx += gx * gx, yy += gy * gy, xy += gx * gy;
      }
    }
    out[column] = {kMean * static_cast<float>(xx), kMean * static_cast<float>(yy),
                   kMean * static_cast<float>(xy), kMean * static_cast<float>(xx + yy)};
  }
}
#else
// The tensors of as many tiles side by side as the vectors of `wide` have blocks.
template <class D>
void tensors_at(D wide, const std::uint8_t* corner, std::ptrdiff_t stride, Tensor* out) {
  const hn::RepartitionToWide<D> sums;
  const hn::RepartitionToWide<decltype(sums)> pairs;
  const hn::RebindToFloat<decltype(sums)> real;
  const hn::Rebind<std::uint8_t, D> narrow;
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
  xx = hn::Add(xx, xx2), yy = hn::Add(yy, yy2), xy = hn::Add(xy, xy2);
  // The four lanes of each block added up, of four vectors at once.
  const auto fold = [&](auto one, auto two) {
    return hn::BitCast(
        pairs, hn::Add(hn::InterleaveLower(sums, one, two), hn::InterleaveUpper(sums, one, two)));
  };
  const auto straight = fold(xx, yy), others = fold(xy, hn::Add(xx, yy));
  const auto total = hn::Add(hn::BitCast(sums, hn::InterleaveLower(pairs, straight, others)),
                             hn::BitCast(sums, hn::InterleaveUpper(pairs, straight, others)));
  hn::StoreU(hn::Mul(hn::ConvertTo(real, total), hn::Set(real, kMean)), real,
             reinterpret_cast<float*>(out));
}

void tensors_of_row(const std::uint8_t* corner, std::ptrdiff_t stride, int columns, Tensor* out) {
  static_assert(sizeof(Tensor) == 4 * sizeof(float));
  int column = 0;
#if HWY_ARCH_X86
  // Here products are added up within their block, in vectors of any length.
  const hn::CappedTag<std::int16_t, 4 * kTile_px> widest;
  const auto tiles = static_cast<int>(hn::Lanes(widest)) / kTile_px;
  for (; column + tiles <= columns; column += tiles)
    tensors_at(widest, corner + column * kTile_px, stride, out + column);
#endif
  const hn::FixedTag<std::int16_t, kTile_px> one;
  for (; column < columns; ++column)
    tensors_at(one, corner + column * kTile_px, stride, out + column);
}
#endif

void add_tensors(ImageView half, Tiles& tiles) {
  for (int row = 0; row < tiles.rows; ++row)
    tensors_of_row(half.row(1 + row * kTile_px) + 1, half.stride_bytes, tiles.columns,
                   &tiles.tensors[static_cast<std::size_t>(row * tiles.columns)]);
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
  if (tiles.columns <= 0 || tiles.rows <= 0) return tiles;
  tiles.tensors.resize(static_cast<std::size_t>(tiles.columns * tiles.rows));
  HWY_DYNAMIC_DISPATCH(add_tensors)(half, tiles);
  return tiles;
}

}  // namespace backstamp::vision

#endif
