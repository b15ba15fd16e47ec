// The header block of a member as our own writer makes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace backstamp::datasets {

inline constexpr std::size_t kTarBlock = 512;  ///< of a tar, all sizes are multiples of it

/// What a header block says of its member (POSIX.1-1988).
struct UstarHeader {
  std::string name;
  std::uint64_t size_bytes = 0;
};

/// The member of a header block of kTarBlock bytes; none unless it is a regular file with a name in
/// one part and a size in octal digits. Its checksum is not looked at.
std::optional<UstarHeader> parse_ustar(const std::uint8_t* block);

/// Has the block the magic of ustar, and is its sum of bytes the one that it names, in the form in
/// which our writer writes it?
bool ustar_checksum_agrees(const std::uint8_t* block);

/// How many bytes a member's content takes: up to the next whole block.
constexpr std::uint64_t padded_bytes(std::uint64_t size_bytes) {
  return (size_bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
}

}  // namespace backstamp::datasets
