// The Intelligent Mail barcode between digits and bars (USPS-B-3200 Rev H sections 2 and 3).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "postal/codes.h"

namespace backstamp::postal {

inline constexpr int kImbBars = 65;

/// Which half-bars are printed: bit i of `descender` / `ascender` is bar i from the left.
struct ImbBars {
  std::array<bool, kImbBars> ascender{};
  std::array<bool, kImbBars> descender{};
  bool operator==(const ImbBars&) const = default;
};

/// The 65 bars of a code.
ImbBars encode_imb(const Imb& code);

/// The code of 65 bars, left to right. Fails (invalid) unless every character has a valid weight,
/// codeword J is even, all codewords are in range and the CRC-11 agrees. Nothing is repaired.
Result<Imb> decode_imb(const ImbBars& bars);

/// The same bars seen upside down: the order reversed, ascenders and descenders swapped.
ImbBars rotate_imb(const ImbBars& bars);

/// "ATTFAD…": A ascender, D descender, F full, T tracker.
std::string to_letters(const ImbBars& bars);
Result<ImbBars> parse_imb_letters(std::string_view letters);

}  // namespace backstamp::postal
