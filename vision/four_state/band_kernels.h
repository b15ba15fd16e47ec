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
/// squares of block b, and has room for `blocks` + kPadding.
void filter_across(ImageView picture, int row, std::int16_t* sums, std::int16_t* out, int blocks,
                   float* energy);

/// Of places 0 to count − 1 those where something is printed: two blocks that follow each other,
/// whose energies are `first` and `second`. `places` has room for count + kPadding; returns how
/// many.
int find_printed(const float* first, const float* second, int count, float floor,
                 std::int32_t* places);

using Correlation = std::array<float, kLags>;

/// A tile is two blocks; `energy` has those of all blocks. Correlates `count` tiles of a band at
/// all lags, normalised to 1, and keeps those that are not small at all lags, as most of text is:
/// how many they are, their correlations in `out`, which has room for `count` + 1, and they in
/// `tiles`.
int correlate_across(const std::int16_t* signal, const float* energy, int count,
                     std::int32_t* tiles, Correlation* out);

/// One row's column bands: out[j] = sum of columns 4j to 4j + 3. `out` has width / 4 + kPadding
/// values, of which width / 4 are set.
void sum_columns(const std::uint8_t* row, int width, std::int16_t* out);

/// One block of 16 rows down, `bands` beside each other: filters `sums` (16 + 2 × kFilterReach rows
/// of `stride` values, the first kFilterReach above the block) to `out` (16 rows), and adds up the
/// squares of each band.
void filter_down(const std::int16_t* sums, std::ptrdiff_t stride, int bands, std::int16_t* out,
                 float* energy);

/// As many bands as `correlate_down` takes at once.
inline constexpr int kBandsAtOnce = 16;

using DownSums = std::array<std::array<float, kBandsAtOnce>, kLags>;  ///< [lag][band]

/// Sums of products of a block's rows with those `lag` rows on, which may lie in the block after
/// it.
void correlate_down(const std::int16_t* block, const std::int16_t* next, std::ptrdiff_t stride,
                    DownSums& out);

/// As correlate_across from the sums of both blocks, for kBandsAtOnce tiles beside each other;
/// energies of their two blocks and of the next. `most[band]` is above 0 for those that are not
/// small at all lags; returns whether there are any.
bool normalise_down(const DownSums& one, const DownSums& two,
                    const std::array<const float*, 3>& energy, DownSums& out,
                    std::array<float, kBandsAtOnce>& most);

}  // namespace backstamp::vision::four_state
