// Bilinear brightness at as many places as a vector unit has lanes. Included once for each kind of
// vector unit, after <hwy/highway.h>.
#if defined(BACKSTAMP_GRID_BILINEAR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BACKSTAMP_GRID_BILINEAR_INL
#undef BACKSTAMP_GRID_BILINEAR_INL
#else
#define BACKSTAMP_GRID_BILINEAR_INL
#endif

#include <cstdint>

#include "vision/frame.h"

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {

/// `x` and `y` are pixels of the face less half a pixel; all places lie at least a pixel within it
/// and three from its right edge, because four pixels are fetched at once.
template <class Floats, class Vector>
HWY_INLINE Vector bilinear(Floats floats, ImageView face, Vector x, Vector y) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<Floats> ints;
  const auto* pixels = reinterpret_cast<const std::int32_t*>(face.pixels);
  const auto stride = hn::Set(ints, static_cast<std::int32_t>(face.stride_bytes));
  const auto byte = hn::Set(ints, 255);
  const auto column = hn::ConvertTo(ints, x), row = hn::ConvertTo(ints, y);
  const auto fx = hn::Sub(x, hn::ConvertTo(floats, column));
  const auto fy = hn::Sub(y, hn::ConvertTo(floats, row));
  const auto at = hn::Add(hn::Mul(row, stride), column);
  const auto upper = hn::GatherOffset(ints, pixels, at);
  const auto lower = hn::GatherOffset(ints, pixels, hn::Add(at, stride));
  const auto low = [&](auto four) { return hn::ConvertTo(floats, hn::And(four, byte)); };
  const auto high = [&](auto four) {
    return hn::ConvertTo(floats, hn::And(hn::ShiftRight<8>(four), byte));
  };
  const auto first = hn::MulAdd(fx, hn::Sub(high(upper), low(upper)), low(upper));
  const auto second = hn::MulAdd(fx, hn::Sub(high(lower), low(lower)), low(lower));
  return hn::MulAdd(fy, hn::Sub(second, first), first);
}

}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
