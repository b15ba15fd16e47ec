// Bytes: the one vocabulary for contents of symbols, files and messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace backstamp {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The bytes of a text, borrowed.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The text of bytes, borrowed; nothing is checked.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

/// The inverse of to_hex (either case). Fails (invalid) on an odd length or another character.
Result<Bytes> from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648 section 4).
std::string to_base64(ByteView bytes);

/// The strict inverse of to_base64: no blanks, exact padding, zero spare bits.
Result<Bytes> from_base64(std::string_view text);

/// `bytes` as valid UTF-8: itself when it is, else each byte taken as Latin-1.
std::string to_utf8(ByteView bytes);
/// The same into a text that is there, whose memory is used again.
void to_utf8(ByteView bytes, std::string& into);

}  // namespace backstamp
