// The alphabet that Royal Mail's 4-State Customer Code and PostNL's KIX share: 36 characters of
// four bars, two of which ascend and two of which descend.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace backstamp::postal {

/// Character r·6 + c has row r in its ascenders and column c in its descenders.
inline constexpr std::string_view kRm4sccCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Which of four bars have the half-bar of a row or column; the leftmost bar is the highest bit.
inline constexpr std::array<std::uint8_t, 6> kRm4sccHalves{0b0011, 0b0101, 0b0110,
                                                           0b1001, 0b1010, 0b1100};

/// Rows and columns count from 1 in the check sum, so that 5 stands for 0 (modulo 6).
constexpr int rm4scc_weight(int row_or_column) {
  return (row_or_column + 1) % 6;
}

/// The index of the check character of a text of these characters.
int rm4scc_check(std::string_view content);

}  // namespace backstamp::postal
