// What a hostile pool may ask of a worker: whatever it says, the face lies in the worker's memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "vision/pool/decode_worker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  vision::WireRequest request;
  if (size < sizeof request) return 0;
  std::memcpy(&request, data, sizeof request);
  static const Bytes frames(64 * 64);
  static const Bytes input(32 * 32);
  const vision::WorkerMemory memory{input, frames, {}};
  const vision::ImageView face = vision::face_of(request, memory);
  if (face.empty()) return 0;
  const Bytes& where = request.in_ring == 1 ? frames : input;
  const std::uint8_t* const end = where.data() + where.size();
  if (face.pixels < where.data() || face.stride_bytes < face.width_px) std::abort();
  for (int y = 0; y < face.height_px; ++y)
    if (face.row(y) < where.data() || face.row(y) + face.width_px > end) std::abort();
  return 0;
}
