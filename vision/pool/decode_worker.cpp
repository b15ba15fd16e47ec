#include <time.h>

#include <chrono>
#include <cstring>
#include <opencv2/core/utility.hpp>
#include <vector>

#include "vision/pool/serve.h"
#include "vision/reader.h"
#include "vision/worker.h"
#include "vision/zxing_adapter.h"

namespace backstamp::vision {
namespace {

constexpr std::size_t kAddressSpace = 2ull << 30;

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

Result<WireAnswer> read_request(const WireRequest& request, ByteView input,
                                std::span<std::uint8_t> output) {
  const std::uint64_t pixels = std::uint64_t{request.width_px} * request.height_px;
  const bool known = request.work == Work::read || request.work == Work::peer;
  const auto repair = decode_repair(request.repair);
  if (!known || !repair || request.width_px > limits::kImageSide_px ||
      request.height_px > limits::kImageSide_px || pixels > input.size()) {
    return fail(ErrorKind::invalid, "a malformed request");
  }
  const ImageView face{input.data(), static_cast<int>(request.width_px),
                       static_cast<int>(request.height_px),
                       static_cast<std::ptrdiff_t>(request.width_px)};
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
  std::memcpy(output.data(), encoded.data(), encoded.size());
  return WireAnswer{.bytes = encoded.size()};
}

/// What the first face would otherwise pay for: tables, and the allocator's first pages.
void warm_up() {
  cv::setNumThreads(1);
  std::vector<std::uint8_t> ramp(64 * 64);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::uint8_t>(i % 64);
  read_face({ramp.data(), 64, 64, 64}, {.budget = std::chrono::milliseconds(5)});
}

}  // namespace

int decode_worker_main(int argument_count, char** arguments) {
  return serve(argument_count, arguments, kAddressSpace, warm_up, read_request);
}

}  // namespace backstamp::vision
