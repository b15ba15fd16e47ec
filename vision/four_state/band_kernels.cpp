#include "vision/four_state/band_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/four_state/band_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace backstamp::vision::four_state::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr int kMinLag = PeriodicityMap::kMinLag;

// HWY_SCALAR has no vector to widen: there plain loops do.

float dot(const std::int16_t* a, const std::int16_t* b) {
#if HWY_TARGET == HWY_SCALAR
  std::int32_t sum = 0;
  for (int i = 0; i < kBlock; ++i) sum += a[i] * b[i];
  return static_cast<float>(sum);
#else
  const hn::CappedTag<std::int16_t, kBlock> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  auto sum = hn::Zero(wide), more = hn::Zero(wide);
  for (std::size_t i = 0; i < kBlock; i += hn::Lanes(d))
    sum = hn::ReorderWidenMulAccumulate(wide, hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum, more);
  return static_cast<float>(hn::GetLane(hn::SumOfLanes(wide, hn::Add(sum, more))));
#endif
}

// 2 × middle − before − after.
template <class D>
auto filtered(D d, const std::int16_t* before, const std::int16_t* middle,
              const std::int16_t* after) {
  const auto twice = hn::ShiftLeft<1>(hn::LoadU(d, middle));
  return hn::Sub(twice, hn::Add(hn::LoadU(d, before), hn::LoadU(d, after)));
}

void filter_across_here(ImageView picture, int row, std::int16_t* sums, std::int16_t* out,
                        int blocks, float* energy) {
  const hn::CappedTag<std::int16_t, kPadding / 2> d;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const std::uint8_t* rows[4];
  for (int r = 0; r < 4; ++r) rows[r] = picture.row(row + r);
  const int width = picture.width_px;
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    const auto one = hn::PromoteTo(d, hn::LoadU(bytes, rows[0] + x));
    const auto two = hn::PromoteTo(d, hn::LoadU(bytes, rows[1] + x));
    const auto three = hn::PromoteTo(d, hn::LoadU(bytes, rows[2] + x));
    const auto four = hn::PromoteTo(d, hn::LoadU(bytes, rows[3] + x));
    hn::StoreU(hn::Add(hn::Add(one, two), hn::Add(three, four)), d, sums + x);
  }
  for (; x < width; ++x)
    sums[x] = static_cast<std::int16_t>(rows[0][x] + rows[1][x] + rows[2][x] + rows[3][x]);
  for (x = 0; x < width; x += lanes)
    hn::StoreU(filtered(d, sums + x, sums + x + kFilterReach, sums + x + 2 * kFilterReach), d,
               out + x);
  for (int b = 0; b < blocks; ++b) energy[b] = dot(out + b * kBlock, out + b * kBlock);
}

void correlate_across_here(const std::int16_t* signal, std::array<float, kLags>& out) {
  for (int i = 0; i < kLags; ++i)
    out[static_cast<std::size_t>(i)] = dot(signal, signal + kMinLag + i);
}

void sum_columns_here(const std::uint8_t* row, int width, std::int16_t* out) {
  const int bands = (width - 2) / 2;
  int j = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<std::uint8_t, kPadding> bytes;
  const hn::RepartitionToWide<decltype(bytes)> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto pairs = [&](const std::uint8_t* from) {
    const auto both = hn::BitCast(d, hn::LoadU(bytes, from));
    return hn::Add(hn::And(both, hn::Set(d, 0xFF)), hn::ShiftRight<8>(both));
  };
  auto* unsigned_out = reinterpret_cast<std::uint16_t*>(out);  // the same numbers: at most 1020
  for (; 2 * (j + lanes) + 2 <= width; j += lanes)
    hn::StoreU(hn::Add(pairs(row + 2 * j), pairs(row + 2 * j + 2)), d, unsigned_out + j);
#endif
  for (; j < bands; ++j)
    out[j] =
        static_cast<std::int16_t>(row[2 * j] + row[2 * j + 1] + row[2 * j + 2] + row[2 * j + 3]);
}

void filter_down_here(const std::int16_t* sums, std::ptrdiff_t stride, int bands, std::int16_t* out,
                      float* energy) {
  const hn::CappedTag<float, kPadding / 2> f;
  const hn::Rebind<std::int32_t, decltype(f)> wide;
  const hn::Rebind<std::int16_t, decltype(f)> d;
  const int lanes = static_cast<int>(hn::Lanes(f));
  for (int j = 0; j < bands; j += lanes) {
    auto sum = hn::Zero(f);
    for (int r = 0; r < kBlock; ++r) {
      const std::int16_t* from = sums + r * stride + j;
      const auto value =
          filtered(d, from, from + kFilterReach * stride, from + 2 * kFilterReach * stride);
      hn::StoreU(value, d, out + r * stride + j);
      const auto grey = hn::ConvertTo(f, hn::PromoteTo(wide, value));
      sum = hn::MulAdd(grey, grey, sum);
    }
    hn::StoreU(sum, f, energy + j);
  }
}

void correlate_down_here(const std::int16_t* block, const std::int16_t* next, std::ptrdiff_t stride,
                         std::array<std::array<float, kBandsAtOnce>, kLags>& out) {
  const hn::CappedTag<float, kBandsAtOnce> f;
  const hn::Rebind<std::int32_t, decltype(f)> wide;
  const hn::Rebind<std::int16_t, decltype(f)> d;
  constexpr int kRows = kBlock + PeriodicityMap::kMaxLag;
  HWY_ALIGN float rows[kRows * kBandsAtOnce];
  for (std::size_t j = 0; j < kBandsAtOnce; j += hn::Lanes(f)) {
    for (int r = 0; r < kRows; ++r) {
      const std::int16_t* row = r < kBlock ? block + r * stride : next + (r - kBlock) * stride;
      hn::StoreU(hn::ConvertTo(f, hn::PromoteTo(wide, hn::LoadU(d, row + j))), f,
                 rows + r * kBandsAtOnce);
    }
    for (int i = 0; i < kLags; ++i) {
      auto sum = hn::Zero(f);
      for (int r = 0; r < kBlock; ++r)
        sum = hn::MulAdd(hn::LoadU(f, rows + r * kBandsAtOnce),
                         hn::LoadU(f, rows + (r + kMinLag + i) * kBandsAtOnce), sum);
      hn::StoreU(sum, f, out[static_cast<std::size_t>(i)].data() + j);
    }
  }
}

}  // namespace
}  // namespace backstamp::vision::four_state::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace backstamp::vision::four_state {

HWY_EXPORT(filter_across_here);
HWY_EXPORT(correlate_across_here);
HWY_EXPORT(sum_columns_here);
HWY_EXPORT(filter_down_here);
HWY_EXPORT(correlate_down_here);

void filter_across(ImageView picture, int row, std::int16_t* sums, std::int16_t* out, int blocks,
                   float* energy) {
  HWY_DYNAMIC_DISPATCH(filter_across_here)(picture, row, sums, out, blocks, energy);
}

void correlate_across(const std::int16_t* signal, std::array<float, kLags>& out) {
  HWY_DYNAMIC_DISPATCH(correlate_across_here)(signal, out);
}

void sum_columns(const std::uint8_t* row, int width, std::int16_t* out) {
  HWY_DYNAMIC_DISPATCH(sum_columns_here)(row, width, out);
}

void filter_down(const std::int16_t* sums, std::ptrdiff_t stride, int bands, std::int16_t* out,
                 float* energy) {
  HWY_DYNAMIC_DISPATCH(filter_down_here)(sums, stride, bands, out, energy);
}

void correlate_down(const std::int16_t* block, const std::int16_t* next, std::ptrdiff_t stride,
                    std::array<std::array<float, kBandsAtOnce>, kLags>& out) {
  HWY_DYNAMIC_DISPATCH(correlate_down_here)(block, next, stride, out);
}

}  // namespace backstamp::vision::four_state
#endif
