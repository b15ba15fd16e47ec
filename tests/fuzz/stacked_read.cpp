// The PDF417 reader on arbitrary pixels: two bytes of width, then rows; boxes all over them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "vision/stacked/stacked.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  if (size < 3) return 0;
  const int width = 1 + (data[0] | (data[1] & 7) << 8);
  const int height =
      static_cast<int>(std::min<std::size_t>((size - 2) / static_cast<std::size_t>(width), 4096));
  if (height == 0) return 0;
  const vision::ImageView face{data + 2, width, height, width};
  const auto w = static_cast<float>(width);
  const auto h = static_cast<float>(height);
  const vision::OrientedBox boxes[] = {{{w / 2, h / 2}, {1, 0}, 0.8f * w, 0.8f * h},
                                       {{w / 2, h / 2}, {-1, 0}, w, h},
                                       {{w / 2, h / 2}, {0, 1}, h, w},
                                       {{w / 3, h / 3}, {0.6f, 0.8f}, 2 * w, h / 2}};
  for (const vision::OrientedBox& box : boxes) {
    vision::Effort effort;
    const auto result = vision::read_pdf417(face, box, effort);
    if (result.reading && (result.reading->content.empty() || result.reading->module_px <= 0))
      std::abort();
  }
  return 0;
}
