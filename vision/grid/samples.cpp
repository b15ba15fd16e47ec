#include "vision/grid/samples.h"

#include <cstddef>

#include "vision/locate/geometry.h"
#include "vision/locate/line.h"

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/grid/samples.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "vision/grid/bilinear_inl.h"

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// All samples lie at least a pixel within the face, and three from its right edge.
void sample_inside(ImageView face, Point from, Point step, float* out, std::size_t count) {
  const hn::CappedTag<float, 16> floats;
  const std::size_t lanes = hn::Lanes(floats);
  const auto last = hn::Set(floats, static_cast<float>(count - 1));
  const auto x0 = hn::Set(floats, from.x - 0.5f), y0 = hn::Set(floats, from.y - 0.5f);
  const auto dx = hn::Set(floats, step.x), dy = hn::Set(floats, step.y);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto at = hn::Min(hn::Iota(floats, static_cast<float>(i)), last);
    const auto value = bilinear(floats, face, hn::MulAdd(at, dx, x0), hn::MulAdd(at, dy, y0));
    if (i + lanes <= count) {
      hn::StoreU(value, floats, out + i);
    } else {
      HWY_ALIGN float rest[16];
      hn::Store(value, floats, rest);
      for (std::size_t k = i; k < count; ++k) out[k] = rest[k - i];
    }
  }
}

}  // namespace
}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace backstamp::vision {

HWY_EXPORT(sample_inside);

void sample_run(ImageView face, Point from, Point step, std::span<float> out) {
  if (out.empty()) return;
  const Point to = from + step * static_cast<float>(out.size() - 1);
  const auto inside = [&](Point p) {
    return p.x >= 1 && p.y >= 1 && p.x < static_cast<float>(face.width_px - 4) &&
           p.y < static_cast<float>(face.height_px - 3);
  };
  if (inside(from) && inside(to))
    HWY_DYNAMIC_DISPATCH(sample_inside)(face, from, step, out.data(), out.size());
  else
    sample_line(face, from, step, out);
}

}  // namespace backstamp::vision

#endif
