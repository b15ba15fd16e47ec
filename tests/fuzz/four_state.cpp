// The 4-state reader on arbitrary pixels: two bytes of width, then rows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "vision/four_state/four_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  if (size < 3) return 0;
  const int width = 1 + (data[0] | (data[1] & 7) << 8);
  const int height =
      static_cast<int>(std::min<std::size_t>((size - 2) / static_cast<std::size_t>(width), 4096));
  if (height == 0) return 0;
  const vision::ImageView face{data + 2, width, height, width};
  const vision::FourStateResult result = vision::read_four_state(face, vision::Formats::all(), SteadyTime::max());
  for (const vision::Reading& reading : result.readings)
    if (reading.content.empty() || reading.module_px <= 0) std::abort();
  return 0;
}
