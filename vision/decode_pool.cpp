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
constexpr unsigned kMostSpares = 2;

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
        ring(options.ring),
        image_options(group_options(
            options,
            program_path(options.image_worker, options.program_folder, "backstamp-image-worker"))),
        decoders(decoder_options(options)) {}

  WorkerGroupOptions group_options(const DecodePoolOptions& options,
                                   std::filesystem::path program) const {
    WorkerGroupOptions group;
    group.plan.program = std::move(program);
    group.workers = workers;
    group.growth_bytes = options.growth_bytes;
    return group;
  }

  WorkerGroupOptions decoder_options(const DecodePoolOptions& options) const {
    WorkerGroupOptions group = group_options(
        options,
        program_path(options.decode_worker, options.program_folder, "backstamp-decode-worker"));
    group.plan.ring = options.ring;
    group.plan.profile = options.profile;
    group.spares = std::min(workers, kMostSpares);
    return group;
  }

  /// The workers for picture files; a station that has a camera never starts them.
  WorkerGroup& unpackers() {
    std::call_once(once, [this] {
      image_group = std::make_unique<WorkerGroup>(image_options);
      images = image_group.get();
    });
    return *images;
  }

  Result<void> read(WireRequest request, ImageView face, SteadyTime deadline, FaceReading& into);
  void place(WireRequest& request, ImageView face, WorkerProcess& worker) const;

  void count(Exchange outcome) {
    if (outcome == Exchange::late) ++killed;
    if (outcome == Exchange::died || outcome == Exchange::nonsense) ++crashes;
  }

  const unsigned workers;
  const std::shared_ptr<FrameRing> ring;
  const WorkerGroupOptions image_options;
  std::atomic<std::uint64_t> crashes = 0;
  std::atomic<std::uint64_t> killed = 0;
  WorkerGroup decoders;
  std::once_flag once;
  std::atomic<WorkerGroup*> images = nullptr;
  std::unique_ptr<WorkerGroup> image_group;
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
  impl->decoders.give_back(*first, true);
  return DecodePool(std::move(impl));
}

Result<void> DecodePool::read(ImageView face, const ReadOptions& options, SteadyTime deadline,
                              FaceReading& into) {
  if (!options.repair.valid())
    return fail(ErrorKind::invalid, "repair limits that the reader does not allow");
  WireRequest request{.work = Work::read, .formats = options.formats.bits};
  request.effort = options.effort;
  request.budget_us = options.budget.count();
  request.repair = encode_repair(options.repair);
  return impl_->read(request, face, deadline, into);
}

Result<FaceReading> DecodePool::read(ImageView face, const ReadOptions& options,
                                     SteadyTime deadline) {
  FaceReading reading;
  if (auto done = read(face, options, deadline, reading); !done)
    return std::unexpected(std::move(done.error()));
  return reading;
}

Result<FaceReading> DecodePool::read_by_peer(ImageView face, Formats formats, SteadyTime deadline) {
  WireRequest request{.work = Work::peer, .formats = formats.bits};
  request.repair = encode_repair({});
  FaceReading reading;
  if (auto done = impl_->read(request, face, deadline, reading); !done)
    return std::unexpected(std::move(done.error()));
  return reading;
}

/// Says where the face lies, having put it there when it does not lie in the ring.
void DecodePool::Impl::place(WireRequest& request, ImageView face, WorkerProcess& worker) const {
  request.width_px = static_cast<std::uint32_t>(face.width_px);
  request.height_px = static_cast<std::uint32_t>(face.height_px);
  const auto offset = ring ? ring->offset_of(face) : std::nullopt;
  request.in_ring = offset ? 1 : 0;
  request.offset = offset.value_or(0);
  // The stride of a single row says nothing, and may be any number.
  request.stride_bytes = offset && face.height_px > 1
                             ? static_cast<std::uint32_t>(face.stride_bytes)
                             : request.width_px;
  if (!offset) copy_rows(face, worker.input());
}

Result<void> DecodePool::Impl::read(WireRequest request, ImageView face, SteadyTime deadline,
                                    FaceReading& into) {
  if (auto checked = check_face(face); !checked) return checked;
  const auto taken = decoders.take(deadline);
  if (!taken) return std::unexpected(taken.error());
  WorkerProcess* worker = *taken;
  if (worker == nullptr) {
    set_unread(into, NoReadCause::out_of_time);
    return {};
  }
  place(request, face, *worker);
  WireAnswer answer;
  Exchange outcome = worker->exchange(request, deadline, answer);
  if (outcome == Exchange::answered &&
      (answer.status != WireStatus::done ||
       !decode_face_reading(worker->copy_output(answer.bytes), into)))
    outcome = Exchange::nonsense;
  const bool copied = request.in_ring == 0;
  if (outcome == Exchange::answered && copied &&
      std::uint64_t{request.width_px} * request.height_px > kLargeBytes)
    worker->trim();
  decoders.give_back(worker, outcome == Exchange::answered);
  count(outcome);
  if (outcome != Exchange::answered)
    set_unread(into,
               outcome == Exchange::late ? NoReadCause::out_of_time : NoReadCause::decoder_crashed);
  return {};
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
  WorkerProcess* worker = *taken;
  if (worker == nullptr) return fail(ErrorKind::timeout, "no worker became free in time");
  std::memcpy(worker->input().data(), file.data(), file.size());
  WireAnswer answer;
  const WireRequest request{.work = Work::unpack, .bytes = file.size()};
  Exchange outcome = worker->exchange(request, deadline, answer);
  Result<Frame> frame = outcome == Exchange::answered ? unpacked(*worker, *header, answer, outcome)
                                                      : exchange_failed(outcome);
  const bool usable = outcome == Exchange::answered;
  if (usable && std::size_t{header->width_px} * header->height_px > kLargeBytes) worker->trim();
  group.give_back(worker, usable);
  impl_->count(outcome);
  return frame;
}

PoolCounters DecodePool::counters() const {
  PoolCounters counters;
  counters.crashes = impl_->crashes;
  counters.killed = impl_->killed;
  const WorkerGroupCounters decoders = impl_->decoders.counters();
  counters.grown = decoders.grown;
  counters.restarts = decoders.restarts;
  counters.ready = decoders.ready;
  counters.spare_start_last = decoders.start_last;
  counters.spare_start_max = decoders.start_longest;
  counters.vacant_max = decoders.vacant_longest;
  if (const WorkerGroup* images = impl_->images) counters.grown += images->counters().grown;
  return counters;
}

RealtimeState DecodePool::realtime() const {
  return impl_->decoders.realtime();
}

}  // namespace backstamp::vision
