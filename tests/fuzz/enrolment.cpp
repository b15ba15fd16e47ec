// A letter of enrolment: refused, or exactly what its fields say.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "uplink/enrolment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const auto letter = uplink::parse_enrolment(as_text(ByteView(data, size)));
  if (!letter) return 0;
  const auto again = uplink::parse_enrolment(uplink::write_enrolment(*letter));
  BACKSTAMP_ASSERT(again && *again == *letter);
  return 0;
}
