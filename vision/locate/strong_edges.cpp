#include "vision/locate/strong_edges.h"

#include <bit>
#include <cstddef>

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/locate/strong_edges.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;

/// Bits of the pixels from `x` on whose gradient is strong, as many as the vector has lanes.
template <class D>
std::uint64_t strong_bits(D wide, const std::uint8_t* above, const std::uint8_t* row,
                          const std::uint8_t* below, int least) {
  const hn::Rebind<std::uint8_t, D> narrow;
  const hn::RebindToUnsigned<D> squares;
  const auto load = [&](const std::uint8_t* p) {
    return hn::PromoteTo(wide, hn::LoadU(narrow, p));
  };
  const auto dx = hn::Sub(load(row + 1), load(row - 1));
  const auto dy = hn::Sub(load(below), load(above));
  // A square fits into 16 bits without a sign, the sum of two is cut off there.
  const auto square = hn::SaturatedAdd(hn::BitCast(squares, hn::Mul(dx, dx)),
                                       hn::BitCast(squares, hn::Mul(dy, dy)));
  const auto limit = hn::Set(squares, static_cast<std::uint16_t>(least - 1));
  std::uint8_t bytes[8]{};
  hn::StoreMaskBits(squares, hn::Gt(square, limit), bytes);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < hn::Lanes(wide) / 8; ++i) bits |= std::uint64_t{bytes[i]} << (8 * i);
  return bits;
}
#endif

int strong_edges_here(ImageView picture, const SparseRow& part, int least, std::uint16_t* columns) {
  const std::uint8_t* row = picture.row(part.y);
  const std::uint8_t* above = row - picture.stride_bytes;
  const std::uint8_t* below = row + picture.stride_bytes;
  int found = 0, next = part.first;  // the next pixel of the row
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<std::int16_t, 32> wide;
  const auto lanes = static_cast<int>(hn::Lanes(wide));
  for (int x = part.left; x + lanes <= part.right; x += lanes) {
    std::uint64_t wanted = 0;
    for (; next < x + lanes; next += part.step) wanted |= std::uint64_t{1} << (next - x);
    if (wanted == 0) continue;
    std::uint64_t bits = wanted & strong_bits(wide, above + x, row + x, below + x, least);
    for (; bits != 0; bits &= bits - 1)
      columns[found++] = static_cast<std::uint16_t>(x + std::countr_zero(bits));
  }
#endif
  for (; next < part.right; next += part.step) {
    const int dx = row[next + 1] - row[next - 1], dy = below[next] - above[next];
    columns[found] = static_cast<std::uint16_t>(next);
    found += dx * dx + dy * dy >= least;
  }
  return found;
}

}  // namespace
}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace backstamp::vision {

HWY_EXPORT(strong_edges_here);

int strong_edges(ImageView picture, const SparseRow& row, int least, std::uint16_t* columns) {
  return HWY_DYNAMIC_DISPATCH(strong_edges_here)(picture, row, least, columns);
}

}  // namespace backstamp::vision

#endif
