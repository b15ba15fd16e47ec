// What a hostile worker may answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "vision/pool/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto face = backstamp::vision::decode_face_reading({data, size});
  if (face && face->readings.size() > backstamp::limits::kReadingsPerFrame) std::abort();
  // Into a reading that was another's, it comes out the same.
  static backstamp::vision::FaceReading used;
  if (backstamp::vision::decode_face_reading({data, size}, used) != face.has_value()) std::abort();
  if (face && encode_face_reading(used) != encode_face_reading(*face)) std::abort();
  return 0;
}
