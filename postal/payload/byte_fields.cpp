#include "postal/payload/byte_fields.h"

#include "base/assert.h"

namespace backstamp::postal::payload {

std::uint64_t big_endian(ByteView content, std::size_t at, std::size_t size) {
  BACKSTAMP_ASSERT(size <= 8 && at + size <= content.size());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | content[at + i];
  return number;
}

std::uint64_t little_endian(ByteView content, std::size_t at, std::size_t size) {
  BACKSTAMP_ASSERT(size <= 8 && at + size <= content.size());
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8 | content[at + i];
  return number;
}

void put_big_endian(Bytes& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

void put_little_endian(Bytes& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

}  // namespace backstamp::postal::payload
