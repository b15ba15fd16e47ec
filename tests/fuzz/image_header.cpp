// Picture files as strangers send them: only their structure is read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "vision/image_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = backstamp::vision::inspect_image({data, size});
  if (header) {
    const std::uint64_t pixels = std::uint64_t{header->width_px} * header->height_px;
    if (pixels == 0 || pixels > backstamp::limits::kImagePixels) std::abort();
  }
  return 0;
}
