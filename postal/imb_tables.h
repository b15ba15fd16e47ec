// The code tables of the Intelligent Mail barcode (USPS-B-3200 Rev H tables I, II and IV), for
// those who decode bars softly. All functions are thread-safe and allocate nothing.
#pragma once

#include <array>
#include <cstdint>

namespace backstamp::postal {

inline constexpr int kImbBars = 65;
inline constexpr int kImbCharacters = 10;   ///< A to J are 0 to 9
inline constexpr int kImbCodewords = 1365;  ///< 1287 of weight 5, then 78 of weight 2

/// Which bit (0–12) of which character (0–9) the two half-bars of a bar carry. A printed half-bar
/// is a one.
struct ImbBarBits {
  std::uint8_t ascender_character;
  std::uint8_t ascender_bit;
  std::uint8_t descender_character;
  std::uint8_t descender_bit;
};

/// Table IV: bar 0 is the leftmost.
const std::array<ImbBarBits, kImbBars>& imb_bar_map();

/// The codeword (0–1364) of a 13-bit character, also when the character is printed complemented;
/// -1 when its weight is none of 2, 5, 8 and 11. One look-up.
int imb_codeword(std::uint16_t character13);

/// Is a valid character printed complemented (weight 8 or 11)? Then its bit of the CRC is a one.
bool imb_inverted(std::uint16_t character13);

/// Tables I and II: the character of each codeword, not complemented.
const std::array<std::uint16_t, kImbCodewords>& imb_characters_of_codewords();

}  // namespace backstamp::postal
