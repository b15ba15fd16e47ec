// What a hostile worker may answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "vision/pool/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto face = backstamp::vision::decode_face_reading({data, size});
  if (face && face->readings.size() > backstamp::limits::kReadingsPerFrame) std::abort();
  return 0;
}
