#include "vision/four_state/wave_kernels.h"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/four_state/wave_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::four_state::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
constexpr std::size_t kSamples = CellWaves::kSamples;
using Floats = hn::CappedTag<float, 16>;
using Grey = hn::Vec<Floats>;

// Of fixed-point places, in bytes from the first pixel.
template <class V>
V place_of(V x, V y, V stride) {
  return hn::Add(hn::Mul(hn::ShiftRight<16>(y), stride), hn::ShiftRight<16>(x));
}

// Cosine and sine of the eight samples are but two numbers with two signs: what is left are
// differences of samples half a cell apart.
void demodulate(const Grey* grey, const CellWaves& out, int cell) {
  const Floats f;
  const auto large = hn::Set(f, 0.92387953f), small = hn::Set(f, 0.38268343f);  // of 22.5 degrees
  const auto a = hn::Sub(grey[4], grey[0]), b = hn::Sub(grey[5], grey[1]);
  const auto c = hn::Sub(grey[6], grey[2]), d = hn::Sub(grey[7], grey[3]);
  hn::StoreU(hn::MulAdd(large, hn::Sub(a, d), hn::Mul(small, hn::Sub(b, c))), f, out.re + cell);
  hn::StoreU(hn::Neg(hn::MulAdd(small, hn::Add(a, d), hn::Mul(large, hn::Add(b, c)))), f,
             out.im + cell);
  auto sum = grey[0], squares = hn::Mul(grey[0], grey[0]);
  for (std::size_t i = 1; i < kSamples; ++i) {
    sum = hn::Add(sum, grey[i]);
    squares = hn::MulAdd(grey[i], grey[i], squares);
  }
  hn::StoreU(hn::NegMulAdd(hn::Mul(sum, hn::Set(f, 1.0f / kSamples)), sum, squares), f,
             out.energy + cell);
}
#endif

bool sample_cells_here([[maybe_unused]] ImageView face, [[maybe_unused]] const FixedLine& line,
                       [[maybe_unused]] int cells, [[maybe_unused]] const CellWaves& out) {
#if HWY_TARGET == HWY_SCALAR
  return false;
#else
  const Floats f;
  const hn::RebindToSigned<Floats> wide;
  const int lanes = static_cast<int>(hn::Lanes(f));
  if (cells < lanes) return false;
  // Four bytes are read where one is asked for.
  const auto* pixels = reinterpret_cast<const std::int32_t*>(face.pixels);
  const auto stride = hn::Set(wide, static_cast<std::int32_t>(face.stride_bytes));
  const auto first = hn::Iota(wide, 0);
  const auto dx = hn::Set(wide, line.dx), dy = hn::Set(wide, line.dy);
  const auto ahead_x = hn::Mul(first, hn::Set(wide, line.dx * CellWaves::kSamples));
  const auto ahead_y = hn::Mul(first, hn::Set(wide, line.dy * CellWaves::kSamples));
  for (int done = 0; done < cells; done += lanes) {
    const int cell = done + lanes <= cells ? done : cells - lanes;  // the last ones again
    auto x = hn::Add(hn::Set(wide, line.x + cell * CellWaves::kSamples * line.dx), ahead_x);
    auto y = hn::Add(hn::Set(wide, line.y + cell * CellWaves::kSamples * line.dy), ahead_y);
    Grey grey[kSamples];
    for (std::size_t i = 0; i < kSamples; ++i) {
      const auto place = place_of(x, y, stride);
      const auto four = hn::GatherOffset(wide, pixels, place);
      grey[i] = hn::ConvertTo(f, hn::And(four, hn::Set(wide, 0xFF)));
      x = hn::Add(x, dx);
      y = hn::Add(y, dy);
    }
    demodulate(grey, out, cell);
  }
  return true;
#endif
}

void measure_step_here(const CellWaves& waves, int windows, float* step, float* energy) {
  const hn::CappedTag<float, kCellsPerWindow> f;
  constexpr std::size_t kPairs = kCellsPerWindow - 1;
  for (int w = 0; w < windows; ++w) {
    const float* re = waves.re + w * kCellsPerWindow;
    const float* im = waves.im + w * kCellsPerWindow;
    auto along = hn::Zero(f), across = hn::Zero(f), sum = hn::Zero(f);
    for (std::size_t j = 0; j < kCellsPerWindow; j += hn::Lanes(f)) {
      const auto pairs = hn::FirstN(f, kPairs - j);
      const auto one_re = hn::IfThenElseZero(pairs, hn::LoadU(f, re + j));
      const auto one_im = hn::IfThenElseZero(pairs, hn::LoadU(f, im + j));
      const auto next_re = hn::LoadU(f, re + j + 1), next_im = hn::LoadU(f, im + j + 1);
      along = hn::MulAdd(next_re, one_re, hn::MulAdd(next_im, one_im, along));
      across = hn::MulAdd(next_im, one_re, hn::NegMulAdd(next_re, one_im, across));
      sum = hn::Add(sum, hn::LoadU(f, waves.energy + w * kCellsPerWindow + j));
    }
    along = hn::SumOfLanes(f, along);
    across = hn::SumOfLanes(f, across);
    step[w] = hn::GetLane(hn::Sqrt(hn::MulAdd(along, along, hn::Mul(across, across))));
    energy[w] = hn::GetLane(hn::SumOfLanes(f, sum));
  }
}

bool add_greys_here([[maybe_unused]] ImageView face, [[maybe_unused]] const FixedLine& line,
                    [[maybe_unused]] int count, [[maybe_unused]] float weight,
                    [[maybe_unused]] float* out) {
#if HWY_TARGET == HWY_SCALAR
  return false;
#else
  const Floats f;
  const hn::RebindToSigned<Floats> wide;
  const auto* upper = reinterpret_cast<const std::int32_t*>(face.pixels);
  const auto* lower = reinterpret_cast<const std::int32_t*>(face.pixels + face.stride_bytes);
  const auto stride = hn::Set(wide, static_cast<std::int32_t>(face.stride_bytes));
  const auto byte = hn::Set(wide, 0xFF);
  const auto scale = hn::Set(f, weight / 65536.0f);
  for (int done = 0; done < count; done += static_cast<int>(hn::Lanes(f))) {
    const auto index = hn::Min(hn::Iota(wide, done), hn::Set(wide, count - 1));
    const auto x = hn::Add(hn::Mul(index, hn::Set(wide, line.dx)), hn::Set(wide, line.x));
    const auto y = hn::Add(hn::Mul(index, hn::Set(wide, line.dy)), hn::Set(wide, line.y));
    const auto place = place_of(x, y, stride);
    const auto fx = hn::And(hn::ShiftRight<8>(x), byte), fy = hn::And(hn::ShiftRight<8>(y), byte);
    // Four bytes are read where two are asked for.
    const auto between = [&](auto four) {
      const auto left = hn::And(four, byte), right = hn::And(hn::ShiftRight<8>(four), byte);
      return hn::Add(hn::Mul(hn::Sub(right, left), fx), hn::ShiftLeft<8>(left));
    };
    const auto top = between(hn::GatherOffset(wide, upper, place));
    const auto bottom = between(hn::GatherOffset(wide, lower, place));
    const auto grey = hn::Add(hn::Mul(hn::Sub(bottom, top), fy), hn::ShiftLeft<8>(top));
    const auto share = hn::IfThenElseZero(hn::FirstN(f, static_cast<std::size_t>(count - done)),
                                          hn::ConvertTo(f, grey));
    hn::StoreU(hn::MulAdd(share, scale, hn::LoadU(f, out + done)), f, out + done);
  }
  return true;
#endif
}

}  // namespace
}  // namespace backstamp::vision::four_state::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace backstamp::vision::four_state {

HWY_EXPORT(sample_cells_here);
HWY_EXPORT(measure_step_here);
HWY_EXPORT(add_greys_here);

bool sample_cells(ImageView face, const FixedLine& line, int cells, const CellWaves& out) {
  return HWY_DYNAMIC_DISPATCH(sample_cells_here)(face, line, cells, out);
}

void measure_step(const CellWaves& waves, int windows, float* step, float* energy) {
  HWY_DYNAMIC_DISPATCH(measure_step_here)(waves, windows, step, energy);
}

bool add_greys(ImageView face, const FixedLine& line, int count, float weight, float* out) {
  return HWY_DYNAMIC_DISPATCH(add_greys_here)(face, line, count, weight, out);
}

}  // namespace backstamp::vision::four_state
#endif
