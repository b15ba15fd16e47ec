// Numbers in bytes, of either order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace backstamp::postal::payload {

/// The `size` (1 to 8) bytes from `at` as a number, the most significant first. The bytes are
/// there: the caller has looked at the size of the content.
std::uint64_t big_endian(ByteView content, std::size_t at, std::size_t size);
/// The same, the least significant first.
std::uint64_t little_endian(ByteView content, std::size_t at, std::size_t size);

void put_big_endian(Bytes& out, std::uint64_t number, std::size_t size);
void put_little_endian(Bytes& out, std::uint64_t number, std::size_t size);

}  // namespace backstamp::postal::payload
