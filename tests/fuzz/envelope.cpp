// A message of the uplink: refused, or exactly what we would write ourselves.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "uplink/envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const backstamp::ByteView bytes(data, size);
  if (const auto message = backstamp::uplink::parse_message(bytes)) {
    const auto again = backstamp::uplink::serialize_message(*message);
    BACKSTAMP_ASSERT(again && std::ranges::equal(*again, bytes));
  }
  return 0;
}
