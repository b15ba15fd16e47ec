#include "vision/grid/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "vision/grid/grid.h"
#include "vision/locate/geometry.h"

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/grid/agreement.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "vision/grid/bilinear_inl.h"

#ifndef BACKSTAMP_GRID_AGREEMENT_SUMS
#define BACKSTAMP_GRID_AGREEMENT_SUMS
namespace backstamp::vision {
/// Of the brightness of some cells.
struct CellSums {
  float sum = 0;
  float squares = 0;
};
}  // namespace backstamp::vision
#endif

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// `count` is a multiple of kCellBlock; all cells lie at least a pixel within the face, and three
/// from its right edge.
CellSums sum_cells(ImageView face, const PlaneMap& map, const float* u, const float* v,
                   std::size_t count) {
  const hn::CappedTag<float, kCellBlock> floats;
  using F = hn::Vec<decltype(floats)>;
  const auto set = [&](float value) { return hn::Set(floats, value); };
  F sum = hn::Zero(floats), squares = hn::Zero(floats);
  for (std::size_t i = 0; i < count; i += hn::Lanes(floats)) {
    const F a = hn::Mul(hn::LoadU(floats, u + i), set(map.per_column));
    const F b = hn::Mul(hn::LoadU(floats, v + i), set(map.per_row));
    const F w = hn::MulAdd(set(map.g), a, hn::MulAdd(set(map.h), b, set(1)));
    const F over = hn::Div(set(1), w);
    const F x = hn::Mul(hn::MulAdd(set(map.a), a, hn::MulAdd(set(map.b), b, set(map.c))), over);
    const F y = hn::Mul(hn::MulAdd(set(map.d), a, hn::MulAdd(set(map.e), b, set(map.f))), over);
    const F value = bilinear(floats, face, hn::Sub(x, set(0.5f)), hn::Sub(y, set(0.5f)));
    sum = hn::Add(sum, value);
    squares = hn::MulAdd(value, value, squares);
  }
  return {hn::GetLane(hn::SumOfLanes(floats, sum)), hn::GetLane(hn::SumOfLanes(floats, squares))};
}

}  // namespace
}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace backstamp::vision {
namespace {

HWY_EXPORT(sum_cells);

/// Whether the pattern with its quiet zone lies within the face, a few pixels from its edges.
bool lies_inside(ImageView face, const FixedPattern& pattern, const GridMap& map) {
  const auto columns = static_cast<float>(pattern.columns);
  const auto rows = static_cast<float>(pattern.rows);
  for (const Point corner :
       {Point{-1, -1}, {columns + 1, -1}, {columns + 1, rows + 1}, {-1, rows + 1}}) {
    if (map.depth(corner.x, corner.y) < 0.1f) return false;
    const Point p = map.face_from_module(corner.x, corner.y);
    if (!(p.x >= 1 && p.y >= 1 && p.x < static_cast<float>(face.width_px - 4) &&
          p.y < static_cast<float>(face.height_px - 3)))
      return false;
  }
  return true;
}

/// The same one by one, for symbols at the edge of the picture.
CellSums sum_slowly(ImageView face, const GridMap& map, const float* u, const float* v,
                    std::size_t count) {
  CellSums sums;
  for (std::size_t i = 0; i < count; ++i) {
    const float value = brightness(face, map.face_from_module(u[i], v[i]));
    sums.sum += value;
    sums.squares += value * value;
  }
  return sums;
}

}  // namespace

float agreement(ImageView face, const FixedPattern& pattern, const Quad& corners) {
  const GridMap map(corners, pattern.columns, pattern.rows);
  const bool inside = lies_inside(face, pattern, map);
  const std::size_t lights_at = pattern.darks, lights = pattern.u.size() - lights_at;
  const auto sums = [&](std::size_t from, std::size_t count) {
    const float* u = pattern.u.data() + from;
    const float* v = pattern.v.data() + from;
    return inside ? HWY_DYNAMIC_DISPATCH(sum_cells)(face, map.plane(), u, v, count)
                  : sum_slowly(face, map, u, v, count);
  };
  const CellSums dark = sums(0, lights_at), light = sums(lights_at, lights);
  const auto n = static_cast<float>(pattern.u.size());
  const float sum = dark.sum + light.sum;
  const float signs = static_cast<float>(lights) - static_cast<float>(lights_at);
  const float variance = dark.squares + light.squares - sum * sum / n;
  const float sign_variance = n - signs * signs / n;
  if (!(variance >= n) || sign_variance <= 0) return 0;  // below a grey level: nothing there
  return (light.sum - dark.sum - sum * signs / n) / std::sqrt(variance * sign_variance);
}

}  // namespace backstamp::vision

#endif
