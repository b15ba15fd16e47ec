#include "vision/decode_pool.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/process.h"
#include "vision/image_header.h"
#include "vision/pool/worker_group.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;

constexpr std::size_t kLargeBytes = 16u << 20;  // shared pages are given back after such a picture

FaceReading unread(NoReadCause cause) {
  FaceReading reading;
  reading.cause = cause;
  return reading;
}

void copy_rows(ImageView face, std::span<std::uint8_t> to) {
  const auto width = static_cast<std::size_t>(face.width_px);
  for (int y = 0; y < face.height_px; ++y)
    std::memcpy(to.data() + static_cast<std::size_t>(y) * width, face.row(y), width);
}

Result<void> check_face(ImageView face) {
  if (face.empty() || face.stride_bytes < face.width_px)
    return fail(ErrorKind::invalid, "a face without pixels");
  const auto width = static_cast<std::uint64_t>(face.width_px);
  const auto height = static_cast<std::uint64_t>(face.height_px);
  if (width > limits::kImageSide_px || height > limits::kImageSide_px ||
      width * height > kInputBytes)
    return fail(ErrorKind::limit, "a face larger than limits.h allows");
  return {};
}

std::filesystem::path program_path(const std::filesystem::path& named,
                                   const std::filesystem::path& folder, const char* name) {
  if (!named.empty()) return named;
  return (folder.empty() ? program_folder() : folder) / name;
}

}  // namespace

struct DecodePool::Impl {
  explicit Impl(const DecodePoolOptions& options)
      : workers(std::clamp(options.workers, 1u, 256u)),
        image_program(
            program_path(options.image_worker, options.program_folder, "backstamp-image-worker")),
        decoders(
            program_path(options.decode_worker, options.program_folder, "backstamp-decode-worker"),
            workers) {}

  /// The workers for picture files; a station that has a camera never starts them.
  WorkerGroup& unpackers() {
    std::call_once(once, [this] { images.emplace(image_program, workers); });
    return *images;
  }

  Result<FaceReading> read(WireRequest request, ImageView face, SteadyTime deadline);

  void count(Exchange outcome) {
    if (outcome == Exchange::late) ++killed;
    if (outcome == Exchange::died || outcome == Exchange::nonsense) ++crashes;
  }

  const unsigned workers;
  const std::filesystem::path image_program;
  std::atomic<std::uint64_t> crashes = 0;
  std::atomic<std::uint64_t> killed = 0;
  WorkerGroup decoders;
  std::once_flag once;
  std::optional<WorkerGroup> images;
};

DecodePool::DecodePool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DecodePool::DecodePool(DecodePool&&) noexcept = default;
DecodePool& DecodePool::operator=(DecodePool&&) noexcept = default;
DecodePool::~DecodePool() = default;

Result<DecodePool> DecodePool::start(DecodePoolOptions options) {
  auto impl = std::make_unique<Impl>(options);
  auto first = impl->decoders.take(std::chrono::steady_clock::now() + std::chrono::minutes(2));
  if (!first) return fail("decode workers cannot be started", first.error());
  if (!*first) return fail(ErrorKind::timeout, "decode workers do not become ready");
  impl->decoders.give_back(std::move(*first));
  return DecodePool(std::move(impl));
}

Result<FaceReading> DecodePool::read(ImageView face, const ReadOptions& options,
                                     SteadyTime deadline) {
  if (!options.repair.valid())
    return fail(ErrorKind::invalid, "repair limits that the reader does not allow");
  WireRequest request{.work = Work::read, .formats = options.formats.bits};
  request.budget_us = options.budget.count();
  request.effort = options.effort;
  request.repair = encode_repair(options.repair);
  return impl_->read(request, face, deadline);
}

Result<FaceReading> DecodePool::read_by_peer(ImageView face, Formats formats, SteadyTime deadline) {
  WireRequest request{.work = Work::peer, .formats = formats.bits};
  request.repair = encode_repair({});
  return impl_->read(request, face, deadline);
}

Result<FaceReading> DecodePool::Impl::read(WireRequest request, ImageView face,
                                           SteadyTime deadline) {
  if (auto checked = check_face(face); !checked) return std::unexpected(checked.error());
  auto taken = decoders.take(deadline);
  if (!taken) return std::unexpected(taken.error());
  std::unique_ptr<WorkerProcess> worker = std::move(*taken);
  if (!worker) return unread(NoReadCause::out_of_time);
  copy_rows(face, worker->input());
  request.width_px = static_cast<std::uint32_t>(face.width_px);
  request.height_px = static_cast<std::uint32_t>(face.height_px);
  WireAnswer answer;
  Exchange outcome = worker->exchange(request, deadline, answer);
  std::optional<FaceReading> reading;
  if (outcome == Exchange::answered && answer.status == WireStatus::done) {
    const auto output = worker->output().first(answer.bytes);
    const Bytes encoded(output.begin(), output.end());  // the worker may write on meanwhile
    reading = decode_face_reading(encoded);
  }
  if (outcome == Exchange::answered && !reading) outcome = Exchange::nonsense;
  if (outcome != Exchange::answered)
    worker.reset();
  else if (std::uint64_t{request.width_px} * request.height_px > kLargeBytes)
    worker->trim();
  decoders.give_back(std::move(worker));
  count(outcome);
  if (outcome == Exchange::answered) return std::move(*reading);
  return unread(outcome == Exchange::late ? NoReadCause::out_of_time
                                          : NoReadCause::decoder_crashed);
}

namespace {

/// What an unpacking worker answered, copied out of its memory.
Result<Frame> unpacked(WorkerProcess& worker, const ImageHeader& header, const WireAnswer& answer,
                       Exchange& outcome) {
  if (answer.status == WireStatus::failed) {
    const auto text = worker.output().first(std::min<std::size_t>(answer.bytes, 1024));
    const Bytes message(text.begin(), text.end());
    const auto kind = static_cast<ErrorKind>(answer.error_kind);
    // A worker speaks of the picture alone; what else fails, only the pool can tell.
    if (kind == ErrorKind::invalid || kind == ErrorKind::limit) return fail(kind, to_utf8(message));
    outcome = Exchange::nonsense;
    return fail(ErrorKind::internal, "the unpacking worker failed: " + to_utf8(message));
  }
  if (answer.width_px != header.width_px || answer.height_px != header.height_px) {
    outcome = Exchange::nonsense;
    return fail(ErrorKind::internal, "the worker unpacked it to another size than declared");
  }
  Frame frame(static_cast<int>(header.width_px), static_cast<int>(header.height_px));
  const std::size_t bytes = std::size_t{header.width_px} * header.height_px;
  std::memcpy(frame.row(0), worker.output().data(), bytes);
  return frame;
}

Result<Frame> exchange_failed(Exchange outcome) {
  if (outcome == Exchange::late)
    return fail(ErrorKind::timeout, "unpacking it took longer than allowed");
  return fail(ErrorKind::internal, "the unpacking worker died on it");
}

}  // namespace

Result<Frame> DecodePool::unpack(ByteView file, SteadyTime deadline) {
  const auto header = inspect_image(file);
  if (!header) return std::unexpected(header.error());
  WorkerGroup& group = impl_->unpackers();
  auto taken = group.take(deadline);
  if (!taken) return fail("image workers cannot be started", taken.error());
  std::unique_ptr<WorkerProcess> worker = std::move(*taken);
  if (!worker) return fail(ErrorKind::timeout, "no worker became free in time");
  std::memcpy(worker->input().data(), file.data(), file.size());
  WireAnswer answer;
  const WireRequest request{.work = Work::unpack, .bytes = file.size()};
  Exchange outcome = worker->exchange(request, deadline, answer);
  Result<Frame> frame = outcome == Exchange::answered ? unpacked(*worker, *header, answer, outcome)
                                                      : exchange_failed(outcome);
  if (outcome != Exchange::answered)
    worker.reset();
  else if (std::size_t{header->width_px} * header->height_px > kLargeBytes)
    worker->trim();
  group.give_back(std::move(worker));
  impl_->count(outcome);
  return frame;
}

PoolCounters DecodePool::counters() const {
  PoolCounters counters;
  counters.crashes = impl_->crashes;
  counters.killed = impl_->killed;
  counters.restarts = impl_->decoders.restarts();
  return counters;
}

}  // namespace backstamp::vision
