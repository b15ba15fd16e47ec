#include "vision/four_state/band_kernels.h"

#include <algorithm>

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
constexpr float kMinStrength = PeriodicityMap::kMinStrength;

// HWY_SCALAR has no vector to widen: there plain loops do.

// Sums of squares of four blocks that follow each other.
void add_squares(const std::int16_t* values, float* energy) {
#if HWY_TARGET == HWY_SCALAR
  for (int b = 0; b < 4; ++b) {
    std::int32_t sum = 0;
    for (int i = 0; i < kBlock; ++i) sum += values[b * kBlock + i] * values[b * kBlock + i];
    energy[b] = static_cast<float>(sum);
  }
#else
  const hn::FixedTag<std::int16_t, 8> d;
  const hn::FixedTag<std::int32_t, 4> wide;
  const hn::FixedTag<std::int64_t, 2> pairs;
  hn::Vec<decltype(wide)> block[4];
  for (std::size_t b = 0; b < 4; ++b) {
    auto sum = hn::Zero(wide), more = hn::Zero(wide);
    for (std::size_t i = 0; i < kBlock; i += 8) {
      const auto value = hn::LoadU(d, values + b * kBlock + i);
      sum = hn::ReorderWidenMulAccumulate(wide, value, value, sum, more);
    }
    block[b] = hn::Add(sum, more);
  }
  // The lanes of four vectors added up at once.
  const auto fold = [&](auto one, auto two) {
    return hn::BitCast(
        pairs, hn::Add(hn::InterleaveLower(wide, one, two), hn::InterleaveUpper(wide, one, two)));
  };
  const auto left = fold(block[0], block[1]), right = fold(block[2], block[3]);
  const auto sums = hn::Add(hn::BitCast(wide, hn::InterleaveLower(pairs, left, right)),
                            hn::BitCast(wide, hn::InterleaveUpper(pairs, left, right)));
  const hn::FixedTag<float, 4> f;
  hn::StoreU(hn::ConvertTo(f, sums), f, energy);
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
  if (lanes <= width) {
    for (int done = 0; done < width; done += lanes) {
      x = std::min(done, width - lanes);  // the last ones again
      const auto one = hn::PromoteTo(d, hn::LoadU(bytes, rows[0] + x));
      const auto two = hn::PromoteTo(d, hn::LoadU(bytes, rows[1] + x));
      const auto three = hn::PromoteTo(d, hn::LoadU(bytes, rows[2] + x));
      const auto four = hn::PromoteTo(d, hn::LoadU(bytes, rows[3] + x));
      hn::StoreU(hn::Add(hn::Add(one, two), hn::Add(three, four)), d, sums + x);
    }
    x = width;
  }
  for (; x < width; ++x)
    sums[x] = static_cast<std::int16_t>(rows[0][x] + rows[1][x] + rows[2][x] + rows[3][x]);
  for (x = 0; x < width; x += lanes)
    hn::StoreU(filtered(d, sums + x, sums + x + kFilterReach, sums + x + 2 * kFilterReach), d,
               out + x);
  for (int b = 0; b < blocks; b += 4) add_squares(out + b * kBlock, energy + b);
}

int find_printed_here(const float* first, const float* second, int count, float floor,
                      std::int32_t* places) {
  const hn::CappedTag<float, kPadding> f;
  const hn::RebindToSigned<decltype(f)> wide;
  const int lanes = static_cast<int>(hn::Lanes(f));
  const auto least = hn::Set(f, 0.5f * floor), both = hn::Set(f, 2 * floor);
  int found = 0;
  for (int at = 0; at < count; at += lanes) {
    const auto one = hn::LoadU(f, first + at), two = hn::LoadU(f, second + at);
    const auto printed =
        hn::And(hn::Ge(hn::Add(one, two), both), hn::And(hn::Ge(one, least), hn::Ge(two, least)));
    if (hn::AllFalse(f, printed)) continue;
    found += static_cast<int>(
        hn::CompressStore(hn::Iota(wide, at), hn::RebindMask(wide, printed), wide, places + found));
  }
  while (found > 0 && places[found - 1] >= count) --found;  // of the padding
  return found;
}

// Sums of products of 16 values from `signal` with those `lag` places on, all lags.
void correlate_block(const std::int16_t* signal, float* out) {
  const hn::CappedTag<float, kLags> f;
  const hn::Rebind<std::int32_t, decltype(f)> wide;
  const hn::Rebind<std::int16_t, decltype(f)> d;
  const auto load = [&](const std::int16_t* from) {
    return hn::ConvertTo(f, hn::PromoteTo(wide, hn::LoadU(d, from)));
  };
  for (std::size_t j = 0; j < kLags; j += hn::Lanes(f)) {
    auto even = hn::Zero(f), odd = hn::Zero(f);
    const std::int16_t* on = signal + kMinLag + j;
    for (int i = 0; i < kBlock; i += 2) {
      even = hn::MulAdd(hn::Set(f, signal[i]), load(on + i), even);
      odd = hn::MulAdd(hn::Set(f, signal[i + 1]), load(on + i + 1), odd);
    }
    hn::StoreU(hn::Add(even, odd), f, out + j);
  }
}

// The square of a correlation's norm where `part` of the tile's end has moved on.
template <class D, class V>
V square_of_norm(D f, V base, V change, V part) {
  const V moved = hn::MulAdd(part, change, base);
  return hn::Mul(base, hn::Max(moved, hn::Mul(hn::Set(f, 0.25f), base)));
}

// Above 0 when a correlation is not small; needs no square root.
template <class D, class V>
V excess(D f, V sum, V square) {
  constexpr float kLeast = 0.8f * kMinStrength;  // a peak rises a little between lags
  return hn::Sub(hn::Mul(hn::Max(sum, hn::Zero(f)), sum),
                 hn::Mul(hn::Set(f, kLeast * kLeast), square));
}

bool normalise_tile(const float* one, const float* two, const float* energy, float* out) {
  const hn::CappedTag<float, kLags> f;
  const auto base = hn::Set(f, energy[0] + energy[1]);
  const auto change = hn::Set(f, energy[2] - energy[0]);
  bool any = false;
  for (std::size_t j = 0; j < kLags; j += hn::Lanes(f)) {
    const auto part = hn::Mul(hn::Iota(f, static_cast<float>(kMinLag) + static_cast<float>(j)),
                              hn::Set(f, 1.0f / kBlock));
    const auto sum = hn::Add(hn::LoadU(f, one + j), hn::LoadU(f, two + j));
    const auto square = square_of_norm(f, base, change, part);
    any = !hn::AllFalse(f, hn::Gt(excess(f, sum, square), hn::Zero(f))) || any;
    hn::StoreU(hn::Div(sum, hn::Sqrt(square)), f, out + j);
  }
  return any;
}

int correlate_across_here(const std::int16_t* signal, const float* energy, int count,
                          std::int32_t* tiles, Correlation* out) {
  alignas(32) float sums[2][kLags];
  int ready = -1;  // the block whose correlations are there already
  int found = 0;
  for (int i = 0; i < count; ++i) {
    const int tile = tiles[i];
    if (ready != tile) correlate_block(signal + tile * kBlock, sums[tile % 2]);
    ready = tile + 1;
    correlate_block(signal + ready * kBlock, sums[ready % 2]);
    tiles[found] = tile;
    found += normalise_tile(sums[tile % 2], sums[ready % 2], energy + tile, out[found].data());
  }
  return found;
}

void sum_columns_here(const std::uint8_t* row, int width, std::int16_t* out) {
  const int bands = width / 4;
  int j = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<std::uint8_t, kPadding> bytes;
  const hn::RepartitionToWide<decltype(bytes)> pairs;
  const hn::RepartitionToWide<decltype(pairs)> fours;
  const hn::RebindToSigned<decltype(fours)> wide;
  const hn::Rebind<std::int16_t, decltype(fours)> d;
  const int lanes = static_cast<int>(hn::Lanes(fours));
  if (lanes <= bands) {
    for (int done = 0; done < bands; done += lanes) {
      j = std::min(done, bands - lanes);  // the last ones again
      const auto all = hn::BitCast(pairs, hn::LoadU(bytes, row + 4 * j));
      const auto two =
          hn::BitCast(fours, hn::Add(hn::And(all, hn::Set(pairs, 0xFF)), hn::ShiftRight<8>(all)));
      const auto four = hn::Add(hn::And(two, hn::Set(fours, 0xFFFF)), hn::ShiftRight<16>(two));
      hn::StoreU(hn::DemoteTo(d, hn::BitCast(wide, four)), d, out + j);
    }
    return;
  }
#endif
  for (; j < bands; ++j)
    out[j] =
        static_cast<std::int16_t>(row[4 * j] + row[4 * j + 1] + row[4 * j + 2] + row[4 * j + 3]);
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
                         DownSums& out) {
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

bool normalise_down_here(const DownSums& one, const DownSums& two,
                         const std::array<const float*, 3>& energy, DownSums& out,
                         std::array<float, kBandsAtOnce>& most) {
  const hn::CappedTag<float, kBandsAtOnce> f;
  bool any = false;
  for (std::size_t j = 0; j < kBandsAtOnce; j += hn::Lanes(f)) {
    const auto first = hn::LoadU(f, energy[0] + j);
    const auto base = hn::Add(first, hn::LoadU(f, energy[1] + j));
    const auto change = hn::Sub(hn::LoadU(f, energy[2] + j), first);
    auto highest = hn::Zero(f);
    for (std::size_t i = 0; i < kLags; ++i) {
      const auto part = hn::Set(f, static_cast<float>(kMinLag + static_cast<int>(i)) / kBlock);
      const auto sum = hn::Add(hn::LoadU(f, one[i].data() + j), hn::LoadU(f, two[i].data() + j));
      const auto square = square_of_norm(f, base, change, part);
      highest = hn::Max(highest, excess(f, sum, square));
      hn::StoreU(hn::Div(sum, hn::Sqrt(hn::Max(square, hn::Set(f, 1.0f)))), f, out[i].data() + j);
    }
    any = !hn::AllFalse(f, hn::Gt(highest, hn::Zero(f))) || any;
    hn::StoreU(highest, f, most.data() + j);
  }
  return any;
}

}  // namespace
}  // namespace backstamp::vision::four_state::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace backstamp::vision::four_state {

HWY_EXPORT(filter_across_here);
HWY_EXPORT(find_printed_here);
HWY_EXPORT(correlate_across_here);
HWY_EXPORT(sum_columns_here);
HWY_EXPORT(filter_down_here);
HWY_EXPORT(correlate_down_here);
HWY_EXPORT(normalise_down_here);

void filter_across(ImageView picture, int row, std::int16_t* sums, std::int16_t* out, int blocks,
                   float* energy) {
  HWY_DYNAMIC_DISPATCH(filter_across_here)(picture, row, sums, out, blocks, energy);
}

int find_printed(const float* first, const float* second, int count, float floor,
                 std::int32_t* places) {
  return HWY_DYNAMIC_DISPATCH(find_printed_here)(first, second, count, floor, places);
}

int correlate_across(const std::int16_t* signal, const float* energy, int count,
                     std::int32_t* tiles, Correlation* out) {
  return HWY_DYNAMIC_DISPATCH(correlate_across_here)(signal, energy, count, tiles, out);
}

void sum_columns(const std::uint8_t* row, int width, std::int16_t* out) {
  HWY_DYNAMIC_DISPATCH(sum_columns_here)(row, width, out);
}

void filter_down(const std::int16_t* sums, std::ptrdiff_t stride, int bands, std::int16_t* out,
                 float* energy) {
  HWY_DYNAMIC_DISPATCH(filter_down_here)(sums, stride, bands, out, energy);
}

void correlate_down(const std::int16_t* block, const std::int16_t* next, std::ptrdiff_t stride,
                    DownSums& out) {
  HWY_DYNAMIC_DISPATCH(correlate_down_here)(block, next, stride, out);
}

bool normalise_down(const DownSums& one, const DownSums& two,
                    const std::array<const float*, 3>& energy, DownSums& out,
                    std::array<float, kBandsAtOnce>& most) {
  return HWY_DYNAMIC_DISPATCH(normalise_down_here)(one, two, energy, out, most);
}

}  // namespace backstamp::vision::four_state
#endif
