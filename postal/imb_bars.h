// The Intelligent Mail barcode between digits and bars (USPS-B-3200 Rev H sections 2 and 3).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "postal/codes.h"
#include "postal/imb_tables.h"

namespace backstamp::postal {

/// Which half-bars are printed: element i of `ascender` / `descender` is bar i from the left.
struct ImbBars {
  std::array<bool, kImbBars> ascender{};
  std::array<bool, kImbBars> descender{};
  bool operator==(const ImbBars&) const = default;
};

/// Characters A to J of a symbol, 13 bits each, as printed (so perhaps complemented).
using ImbCharacters = std::array<std::uint16_t, kImbCharacters>;

/// The 65 bars of a code. `code` must be one that Imb::parse yields.
ImbBars encode_imb(const Imb& code);

/// The code of 65 bars, left to right. Fails (invalid) unless every character has a valid weight,
/// codeword J is even, all codewords are in range and the CRC-11 agrees. Nothing is repaired.
Result<Imb> decode_imb(const ImbBars& bars);

/// The characters that bars spell, and the inverse.
ImbCharacters to_characters(const ImbBars& bars);
ImbBars to_bars(const ImbCharacters& characters);

/// Would decode_imb succeed on these characters? Allocates nothing; for trying many.
bool valid_imb(const ImbCharacters& characters);

/// As decode_imb, from characters.
Result<Imb> decode_imb(const ImbCharacters& characters);

/// The 102-bit value of a code (section 3.2.1), big-endian: its shortest form. `code` as above.
std::array<std::uint8_t, 13> imb_value(const Imb& code);
/// The inverse. Fails (invalid) when the value is beyond the largest code's.
Result<Imb> parse_imb_value(std::span<const std::uint8_t, 13> value);

/// The same bars seen upside down: the order reversed, ascenders and descenders swapped.
ImbBars rotate_imb(const ImbBars& bars);

/// "ATTFAD…": A ascender, D descender, F full, T tracker.
std::string to_letters(const ImbBars& bars);
/// The strict inverse: exactly 65 of A, D, F and T. Fails (invalid).
Result<ImbBars> parse_imb_letters(std::string_view letters);

}  // namespace backstamp::postal
