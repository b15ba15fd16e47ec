#include "vision/pool/decode_worker.h"

#include <time.h>

#include <chrono>
#include <cstring>
#include <opencv2/core/utility.hpp>
#include <vector>

#include "vision/reader.h"
#include "vision/worker.h"
#include "vision/zxing_adapter.h"

namespace backstamp::vision {
namespace {

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// What `read_face` does, by ZXing-cpp alone.
FaceReading read_as_peer(ImageView face, Formats formats) {
  FaceReading result;
  const auto begin = std::chrono::steady_clock::now();
  result.readings = zxing_read_by_default(face, formats);
  result.elapsed = std::chrono::steady_clock::now() - begin;
  if (!result.readings.empty()) result.cause = postal::NoReadCause::none;
  return result;
}

}  // namespace

ImageView face_of(const WireRequest& request, const WorkerMemory& memory) {
  const bool in_ring = request.in_ring == 1;
  const ByteView where = in_ring ? memory.frames : memory.input;
  if (request.in_ring > 1 || !lies_within(request, where.size())) return {};
  return {where.data() + request.offset, static_cast<int>(request.width_px),
          static_cast<int>(request.height_px), static_cast<std::ptrdiff_t>(request.stride_bytes)};
}

Result<WireAnswer> read_request(const WireRequest& request, const WorkerMemory& memory) {
  const bool known = request.work == Work::read || request.work == Work::peer;
  const auto repair = decode_repair(request.repair);
  const ImageView face = face_of(request, memory);
  if (!known || !repair || face.empty()) return fail(ErrorKind::invalid, "a malformed request");
  ReadOptions options;
  options.formats.bits = request.formats;
  options.repair = *repair;
  options.effort = request.effort;
  options.budget = std::chrono::microseconds(request.budget_us);
  const auto begin = processor_time();
  FaceReading reading =
      request.work == Work::peer ? read_as_peer(face, options.formats) : read_face(face, options);
  reading.cpu = processor_time() - begin;
  const Bytes encoded = encode_face_reading(reading);
  std::memcpy(memory.output.data(), encoded.data(), encoded.size());
  return WireAnswer{.bytes = encoded.size()};
}

void warm_up_reader() {
  cv::setNumThreads(1);
  std::vector<std::uint8_t> ramp(64 * 64);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::uint8_t>(i % 64);
  read_face({ramp.data(), 64, 64, 64}, {.budget = std::chrono::milliseconds(5)});
}

int decode_worker_main(int argument_count, char** arguments) {
  return serve(argument_count, arguments, kDecodeWorkerBytes, warm_up_reader, read_request);
}

}  // namespace backstamp::vision
