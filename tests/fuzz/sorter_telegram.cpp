// Any bytes as telegrams one after the other: refused, or they are exactly what they say.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "station/sorter/telegram.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  ByteView rest(data, size);
  for (;;) {
    const auto length = station::telegram::front_length(rest);
    if (!length || !*length || rest.size() < **length) return 0;
    const ByteView whole = rest.first(**length);
    rest = rest.subspan(whole.size());
    const auto telegram = station::telegram::decode(whole);
    if (!telegram) continue;
    BACKSTAMP_ASSERT(std::ranges::equal(station::telegram::encode(*telegram).view(), whole));
  }
}
