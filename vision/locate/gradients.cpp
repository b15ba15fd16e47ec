#include "vision/locate/gradients.h"

#include <bit>
#include <cstddef>

// Compiled once for each kind of vector unit; the best one that the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/locate/gradients.cpp"
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
  const std::uint64_t all = (std::uint64_t{1} << lanes) - 1;
  std::uint64_t every = 0;  // a bit for the first of `lanes` pixels and for every `step`th after it
  for (int bit = 0; bit < lanes; bit += part.step) every |= std::uint64_t{1} << bit;
  for (int x = part.left; x + lanes <= part.right; x += lanes) {
    if (next >= x + lanes) continue;
    const std::uint64_t wanted = every << (next - x) & all;
    next += part.step * std::popcount(wanted);
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

Gradient gradient_at(const std::uint8_t* here, std::ptrdiff_t stride) {
  const std::uint8_t* above = here - stride;
  const std::uint8_t* below = here + stride;
  const int falling = below[1] - above[-1], rising = above[1] - below[-1];
  return {falling + rising + 2 * (here[1] - here[-1]),
          falling - rising + 2 * (below[0] - above[0])};
}

void gradients_at_here(const std::uint8_t* origin, std::ptrdiff_t stride,
                       std::span<const std::int32_t> offsets, Gradient* out) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<std::int32_t, 16> wide;
  const std::size_t lanes = hn::Lanes(wide);
  HWY_ALIGN std::int32_t xs[16], ys[16];
  const auto byte = hn::Set(wide, 0xFF);
  for (; i + lanes <= offsets.size(); i += lanes) {
    const auto offset = hn::LoadU(wide, offsets.data() + i);
    // Four bytes are read where three are asked for: above and here the next one, below the one
    // before them. Each belongs to the picture.
    const auto four = [&](const std::uint8_t* from) {
      return hn::GatherOffset(wide, reinterpret_cast<const std::int32_t*>(from), offset);
    };
    const auto above = four(origin - stride - 1), here = four(origin - 1);
    const auto below = hn::ShiftRight<8>(four(origin + stride - 2));
    const auto left = [&](auto row) { return hn::And(row, byte); };
    const auto middle = [&](auto row) { return hn::And(hn::ShiftRight<8>(row), byte); };
    const auto right = [&](auto row) { return hn::And(hn::ShiftRight<16>(row), byte); };
    const auto falling = hn::Sub(right(below), left(above));
    const auto rising = hn::Sub(right(above), left(below));
    const auto across = hn::ShiftLeft<1>(hn::Sub(right(here), left(here)));
    const auto down = hn::ShiftLeft<1>(hn::Sub(middle(below), middle(above)));
    hn::Store(hn::Add(hn::Add(falling, rising), across), wide, xs);
    hn::Store(hn::Add(hn::Sub(falling, rising), down), wide, ys);
    for (std::size_t k = 0; k < lanes; ++k) out[i + k] = {xs[k], ys[k]};
  }
#endif
  for (; i < offsets.size(); ++i) out[i] = gradient_at(origin + offsets[i], stride);
}

}  // namespace
}  // namespace backstamp::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace backstamp::vision {

HWY_EXPORT(strong_edges_here);
HWY_EXPORT(gradients_at_here);

int strong_edges(ImageView picture, const SparseRow& row, int least, std::uint16_t* columns) {
  return HWY_DYNAMIC_DISPATCH(strong_edges_here)(picture, row, least, columns);
}

void gradients_at(const std::uint8_t* origin, std::ptrdiff_t stride_bytes,
                  std::span<const std::int32_t> offsets, Gradient* out) {
  HWY_DYNAMIC_DISPATCH(gradients_at_here)(origin, stride_bytes, offsets, out);
}

}  // namespace backstamp::vision

#endif
