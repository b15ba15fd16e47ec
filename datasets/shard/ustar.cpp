#include "datasets/shard/ustar.h"

#include <cstring>
#include <string_view>

namespace backstamp::datasets {
namespace {

constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kSizeDigits = 11;
constexpr std::size_t kSumAt = 148;
constexpr std::size_t kSumBytes = 8;
constexpr std::size_t kSumDigits = 6;
constexpr std::size_t kTypeAt = 156;
constexpr std::size_t kMagicAt = 257;
constexpr std::size_t kPrefixAt = 345;

}  // namespace

std::optional<UstarHeader> parse_ustar(const std::uint8_t* block) {
  const auto* const text = reinterpret_cast<const char*>(block);
  UstarHeader header;
  header.name.assign(text, ::strnlen(text, kNameBytes));
  for (std::size_t i = kSizeAt; i < kSizeAt + kSizeDigits; ++i) {
    if (text[i] < '0' || text[i] > '7') return std::nullopt;
    header.size_bytes = header.size_bytes * 8 + static_cast<std::uint64_t>(text[i] - '0');
  }
  const bool regular = text[kTypeAt] == '0' || text[kTypeAt] == '\0';
  if (!regular || header.name.empty() || text[kPrefixAt] != '\0') return std::nullopt;
  return header;
}

bool ustar_checksum_agrees(const std::uint8_t* block) {
  const auto* const text = reinterpret_cast<const char*>(block);
  constexpr std::string_view kMagic(
      "ustar\0"
      "00",
      8);
  constexpr std::string_view kSumEnd("\0 ", 2);
  if (std::string_view(text + kMagicAt, kMagic.size()) != kMagic) return false;
  std::uint32_t named = 0;
  for (std::size_t at = kSumAt; at < kSumAt + kSumDigits; ++at) {
    if (text[at] < '0' || text[at] > '7') return false;
    named = named * 8 + static_cast<std::uint32_t>(text[at] - '0');
  }
  if (std::string_view(text + kSumAt + kSumDigits, kSumEnd.size()) != kSumEnd) return false;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    sum += i >= kSumAt && i < kSumAt + kSumBytes ? std::uint32_t{' '} : block[i];
  }
  return sum == named;
}

}  // namespace backstamp::datasets
