#include "vision/grid/words/aztec_content.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace backstamp::vision {
namespace {

enum class Table : std::uint8_t { upper, lower, mixed, punct, digit };

// Codes that are no characters, above any byte.
constexpr int kShiftPunct = 256, kShiftUpper = 257, kBinary = 258, kFlag = 259;
constexpr int kPair = 260;        // of two characters; and the next three
constexpr int kLatchUpper = 264;  // the tables in their order
constexpr int kLatchLower = 265, kLatchMixed = 266, kLatchPunct = 267, kLatchDigit = 268;

constexpr std::array<std::string_view, 4> kPairs = {"\r\n", ". ", ", ", ": "};
constexpr std::uint8_t kFnc1 = 0x1D;

/// What a code means in its table (ISO/IEC 24778:2008, table 2).
int meaning_of(Table table, unsigned code) {
  constexpr std::array<int, 4> kUpperEnd = {kLatchLower, kLatchMixed, kLatchDigit, kBinary};
  constexpr std::array<int, 4> kLowerEnd = {kShiftUpper, kLatchMixed, kLatchDigit, kBinary};
  constexpr std::array<int, 4> kMixedEnd = {kLatchLower, kLatchUpper, kLatchPunct, kBinary};
  constexpr std::string_view kMixed = "\x1B\x1C\x1D\x1E\x1F@\\^_`|~\x7F";
  constexpr std::string_view kPunct = "!\"#$%&'()*+,-./:;<=>?[]{}";
  const int value = static_cast<int>(code);
  switch (table) {
    case Table::upper:
    case Table::lower:
      if (code >= 28) return (table == Table::upper ? kUpperEnd : kLowerEnd)[code - 28];
      if (code >= 2) return (table == Table::upper ? 'A' : 'a') + value - 2;
      return code == 1 ? ' ' : kShiftPunct;
    case Table::mixed:
      if (code >= 28) return kMixedEnd[code - 28];
      if (code >= 15) return kMixed[code - 15];
      if (code >= 2) return value - 1;
      return code == 1 ? ' ' : kShiftPunct;
    case Table::punct:
      if (code == 31) return kLatchUpper;
      if (code >= 6) return kPunct[code - 6];
      if (code >= 2) return kPair + value - 2;
      return code == 1 ? '\r' : kFlag;
    case Table::digit:
      if (code >= 14) return code == 14 ? kLatchUpper : kShiftUpper;
      if (code >= 12) return code == 12 ? ',' : '.';
      if (code >= 2) return '0' + value - 2;
      return code == 1 ? ' ' : kShiftPunct;
  }
  return kFlag;
}

/// The bits of the data words without those that only keep a word from being all alike; none when
/// one is.
std::vector<bool> bits_of(const WordLayout& layout, std::span<const std::uint8_t> dark) {
  std::vector<bool> bits;
  const auto width = static_cast<std::size_t>(layout.word_bits);
  const auto checks = static_cast<std::size_t>(layout.blocks.front().checks);
  for (std::size_t w = 0; w + checks < layout.words(); ++w) {
    unsigned value = 0;
    for (std::size_t b = 0; b < width; ++b)
      value = value << 1 | (dark[layout.modules[w * width + b]] != 0 ? 1u : 0u);
    const unsigned front = value >> 1, ones = (1u << width) - 1;
    if (value == 0 || value == ones) return {};
    const bool stuffed = front == 0 || front == ones >> 1;
    for (std::size_t b = 0; b + (stuffed ? 1 : 0) < width; ++b)
      bits.push_back(value >> (width - 1 - b) & 1);
  }
  return bits;
}

class Speller {
 public:
  explicit Speller(std::vector<bool> bits) : bits_(std::move(bits)) {}

  std::optional<AztecContent> spell() {
    while (at_ < bits_.size() && step(std::exchange(shift_, std::nullopt).value_or(latched_)))
      if (!shift_) whole_ = at_;
    // What is left over must be padding: ones.
    const auto rest = bits_.begin() + static_cast<std::ptrdiff_t>(whole_);
    if (broken_ || !std::all_of(rest, bits_.end(), [](bool bit) { return bit; }))
      return std::nullopt;
    if (content_.bytes.empty()) return std::nullopt;
    return std::move(content_);
  }

 private:
  std::optional<unsigned> take(std::size_t count) {
    if (bits_.size() - at_ < count) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 1 | (bits_[at_++] ? 1u : 0u);
    return value;
  }

  void put(int byte) { content_.bytes.push_back(static_cast<std::uint8_t>(byte)); }

  /// One code. False when the bits end within it, or it is none.
  bool step(Table table) {
    const auto code = take(table == Table::digit ? 4 : 5);
    if (!code) return false;
    const int meaning = meaning_of(table, *code);
    if (meaning < kShiftPunct) {
      put(meaning);
    } else if (meaning >= kLatchUpper) {
      latched_ = static_cast<Table>(meaning - kLatchUpper);
    } else if (meaning >= kPair) {
      for (const char c : kPairs[static_cast<std::size_t>(meaning - kPair)])
        put(static_cast<unsigned char>(c));
    } else if (meaning == kShiftPunct || meaning == kShiftUpper) {
      shift_ = meaning == kShiftPunct ? Table::punct : Table::upper;
    } else {
      return meaning == kBinary ? binary() : flag();
    }
    return true;
  }

  bool binary() {
    constexpr unsigned kLong = 31;
    auto length = take(5);
    if (length && *length == 0) {
      length = take(11);
      if (length) *length += kLong;
    }
    if (!length || bits_.size() - at_ < 8 * std::size_t{*length}) return false;
    for (unsigned i = 0; i < *length; ++i) put(static_cast<int>(*take(8)));
    return true;
  }

  bool flag() {
    constexpr unsigned kReserved = 7;
    const auto digits = take(3);
    if (!digits) return false;
    broken_ = *digits == kReserved;
    if (broken_) return false;
    if (*digits == 0) {
      if (content_.bytes.empty() && !content_.gs1)
        content_.gs1 = true;
      else
        put(kFnc1);
      return true;
    }
    for (unsigned i = 0; i < *digits; ++i) {  // of a character set
      const auto digit = take(4);
      if (!digit) return false;
      broken_ = *digit < 2 || *digit > 11;
      if (broken_) return false;
    }
    return true;
  }

  std::vector<bool> bits_;
  std::size_t at_ = 0;
  std::size_t whole_ = 0;  // after the last whole character
  Table latched_ = Table::upper;
  std::optional<Table> shift_;
  bool broken_ = false;
  AztecContent content_;
};

}  // namespace

std::optional<AztecContent> spell_aztec(const WordLayout& layout,
                                        std::span<const std::uint8_t> dark) {
  if (layout.blocks.size() != 1) return std::nullopt;
  return Speller(bits_of(layout, dark)).spell();
}

}  // namespace backstamp::vision
