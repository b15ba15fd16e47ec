#include "postal/mailmark_tables.h"

#include <array>
#include <bit>
#include <cstddef>

namespace backstamp::postal {
namespace {

constexpr unsigned kFieldPolynomial = 0x25;  // GF(32)
constexpr unsigned kSymbols = 64;

// Data and check symbols stand in the order of their bits; none is all bars or none.
struct Symbols {
  std::array<std::array<std::uint8_t, 32>, 2> bits{};          // by number, of odd and even parity
  std::array<std::array<std::int8_t, kSymbols>, 2> numbers{};  // the inverse
};

constexpr Symbols make_symbols() {
  Symbols symbols;
  std::array<int, 2> next{};
  for (auto& numbers : symbols.numbers) numbers.fill(-1);
  for (unsigned bits = 1; bits + 1 < kSymbols; ++bits) {
    const std::size_t even = std::popcount(bits) % 2 == 0;
    symbols.bits[even][static_cast<std::size_t>(next[even])] = static_cast<std::uint8_t>(bits);
    symbols.numbers[even][bits] = static_cast<std::int8_t>(next[even]++);
  }
  return symbols;
}

constexpr Symbols kTable = make_symbols();

constexpr std::uint8_t kGroupsC[]{3, 5, 7, 11, 13, 14, 16, 17, 19, 0,  1,
                                  2, 4, 6, 8,  9,  10, 12, 15, 18, 20, 21};
constexpr std::uint8_t kGroupsL[]{2, 5, 7, 8, 13, 14, 15, 16, 21, 22, 23, 0,  1,
                                  3, 4, 6, 9, 10, 11, 12, 17, 18, 19, 20, 24, 25};

constexpr MailmarkShape kShapeC{22, 9, 6, kGroupsC};
constexpr MailmarkShape kShapeL{26, 11, 7, kGroupsL};

}  // namespace

const MailmarkShape& mailmark_c() {
  return kShapeC;
}

const MailmarkShape& mailmark_l() {
  return kShapeL;
}

const ReedSolomon& mailmark_code(const MailmarkShape& shape) {
  static const ReedSolomon c(kFieldPolynomial, kShapeC.checks);
  static const ReedSolomon l(kFieldPolynomial, kShapeL.checks);
  return shape.symbols == kShapeC.symbols ? c : l;
}

int mailmark_number(unsigned bits, bool even) {
  return bits < kSymbols ? kTable.numbers[even][bits] : -1;
}

unsigned mailmark_bits(int number, bool even) {
  return kTable.bits[even][static_cast<std::size_t>(number)];
}

int mailmark_bit(int place, int bar, bool ascender) {
  const bool high = ascender == (place % 2 == 0);
  return (high ? 5 : 2) - bar;
}

}  // namespace backstamp::postal
