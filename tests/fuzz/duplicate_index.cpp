// A part of the duplicate index from the disk: refused, or what its buckets say can be looked up.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/crc32c.h"
#include "station/seen/part.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  Bytes bytes(data, data + size);
  if (size >= 128) {  // sums that agree, or nothing behind them would ever be looked at
    const std::uint32_t content = crc32c(ByteView(bytes).subspan(128));
    std::memcpy(&bytes[76], &content, sizeof content);
    const std::uint32_t header = crc32c(ByteView(bytes).first(124));
    std::memcpy(&bytes[124], &header, sizeof header);
  }
  const auto part = station::seen::Part::parse(bytes, "input");
  if (!part) return 0;
  for (std::uint64_t counter = 0; counter < 64; ++counter) (void)(*part)->find({1, 42, counter});
  return 0;
}
