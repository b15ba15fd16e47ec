// The loops over every pixel of the periodicity maps, on whatever vector unit there is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "vision/four_state/periodicity.h"
#include "vision/frame.h"

namespace backstamp::vision::four_state {

inline constexpr int kLags = PeriodicityMap::kMaxLag - PeriodicityMap::kMinLag + 1;
inline constexpr int kBlock = PeriodicityMap::kBlock;
inline constexpr int kPadding = 64;  ///< values that a kernel may read and write past a row's end
inline constexpr int kFilterReach = 2;  ///< a filtered place sees so many places to both sides

/// One band across: sums of the four rows from `row`, filtered (twice the value less both
/// neighbours two places away: passes periods of 3 to 9 and stops slow changes of light). out[i] is
/// place i + kFilterReach. `sums` and `out` have columns + kPadding values; energy[b] is the sum of
/// squares of block b.
void filter_across(ImageView picture, int row, std::int16_t* sums, std::int16_t* out, int blocks,
                   float* energy);

/// Sums of products of 16 values from `signal` with those `lag` places on, all lags.
void correlate_across(const std::int16_t* signal, std::array<float, kLags>& out);

/// One row's column bands: out[j] = sum of columns 2j to 2j + 3. `out` has width / 2 + kPadding
/// values, of which (width − 2) / 2 are set.
void sum_columns(const std::uint8_t* row, int width, std::int16_t* out);

/// One block of 16 rows down, `bands` beside each other: filters `sums` (16 + 2 × kFilterReach rows
/// of `stride` values, the first kFilterReach above the block) to `out` (16 rows), and adds up the
/// squares of each band.
void filter_down(const std::int16_t* sums, std::ptrdiff_t stride, int bands, std::int16_t* out,
                 float* energy);

/// As many bands as `correlate_down` takes at once.
inline constexpr int kBandsAtOnce = 16;

/// Sums of products of a block's rows with those `lag` rows on, which may lie in the block after
/// it: out[lag][band].
void correlate_down(const std::int16_t* block, const std::int16_t* next, std::ptrdiff_t stride,
                    std::array<std::array<float, kBandsAtOnce>, kLags>& out);

}  // namespace backstamp::vision::four_state
