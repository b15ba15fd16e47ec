// A scan event from outside: refused, or exactly what we would write ourselves.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "uplink/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const backstamp::ByteView bytes(data, size);
  if (const auto event = backstamp::uplink::parse_event(bytes)) {
    const auto again = backstamp::uplink::serialize_event(*event);
    BACKSTAMP_ASSERT(again && std::ranges::equal(*again, bytes));
  }
  return 0;
}
