#include "station/evidence.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "station/evidence/sample.h"
#include "station/evidence/store.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kPackedBytes = 64ull << 20;  // made, and not yet written
constexpr auto kTendEach = 10s;
constexpr auto kLeap = 1min;      // between the two clocks
constexpr auto kRetryAfter = 1s;  // when the disk refused: it is not asked again for every piece

/// Pictures never take the processor from reading, nor the real-time priority of whoever made us.
void step_back() {
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  const sched_param none{};
  (void)::sched_setscheduler(static_cast<pid_t>(thread), SCHED_BATCH, &none);
  (void)::setpriority(PRIO_PROCESS, thread, 10);
}

}  // namespace

struct Evidence::Impl {
  struct Piece {
    postal::ScanEvent event;
    EvidenceClass kind{};
    std::vector<EvidenceFrame> frames;
  };
  struct Packed {
    EvidenceClass kind{};
    std::vector<datasets::Sample> samples;
    std::uint64_t bytes = 0;
  };

  Impl(EvidenceConfig chosen, EvidenceStore opened)
      : config(std::move(chosen)), store(std::move(opened)) {
    counters.bytes_by = store.bytes();
  }

  EvidenceConfig config;
  EvidenceStore store;  // the writer's alone

  mutable std::mutex mutex;
  std::condition_variable_any frames_waiting;
  std::condition_variable_any files_waiting;
  mutable std::condition_variable_any settled;
  std::deque<Piece> pieces;
  std::size_t frames_held = 0;  // of pieces that wait or are being packed
  std::deque<Packed> packed;
  std::uint64_t packed_bytes = 0;  // waiting or being written
  bool packing = false;
  bool writing = false;
  mutable std::atomic<bool> clock_trusted = false;  // by the last event that was asked about
  Counters counters;

  std::jthread writer;  // stopped after the packer: it writes what that one made last
  std::jthread packer;

  // ---- from frames to files in memory ----------------------------------------------------------

  void pack(const std::stop_token& stop) {
    step_back();
    for (;;) {
      std::unique_lock lock(mutex);
      frames_waiting.wait(lock, stop, [this] { return !pieces.empty(); });
      if (pieces.empty()) return;
      Piece piece = std::move(pieces.front());
      pieces.pop_front();
      const std::size_t frames = piece.frames.size();
      const bool room =
          packed_bytes < kPackedBytes;  // else the disk is behind: no work for nothing
      packing = true;
      lock.unlock();
      Packed files{piece.kind, {}, 0};
      if (room) files = make(piece);
      piece.frames.clear();
      lock.lock();
      packing = false;
      frames_held -= frames;
      if (files.samples.empty()) {
        ++counters.left_out;
      } else {
        packed_bytes += files.bytes;
        packed.push_back(std::move(files));
      }
      lock.unlock();
      files_waiting.notify_one();
      settled.notify_all();
    }
  }

  Packed make(Piece& piece) const {
    Packed files{piece.kind, {}, 0};
    for (std::size_t i = 0; i < piece.frames.size(); ++i) {
      EvidenceFrame& frame = piece.frames[i];
      auto sample =
          make_sample(piece.event, piece.kind, config, frame, {i + 1, piece.frames.size()});
      frame.frame = vision::Frame();  // back to its ring
      if (!sample) continue;
      for (const auto& [extension, content] : sample->parts) files.bytes += content.size();
      files.samples.push_back(std::move(*sample));
    }
    return files;
  }

  // ---- from memory to the disk -----------------------------------------------------------------

  void write(const std::stop_token& stop) {
    step_back();
    SteadyTime tended{};
    UtcTime tended_utc{};
    SteadyTime try_after{};
    for (;;) {
      std::unique_lock lock(mutex);
      files_waiting.wait_for(lock, stop, kTendEach, [this] { return !packed.empty(); });
      if (packed.empty() && stop.stop_requested()) break;
      Packed files;
      if (!packed.empty()) {
        files = std::move(packed.front());
        packed.pop_front();
      }
      writing = true;
      lock.unlock();
      const auto now = std::chrono::steady_clock::now();
      bool kept = false;
      if (!files.samples.empty() && now >= try_after) {
        const auto put = store.put(files.kind, files.samples, utc_now());
        kept = put.has_value();
        const bool refused =
            !put && put.error().kind != ErrorKind::invalid && put.error().kind != ErrorKind::limit;
        if (refused) try_after = now + kRetryAfter;
      }
      if (now - tended >= kTendEach) {
        const UtcTime utc = utc_now();
        // A clock that has just leapt is believed only once an event says that it may be.
        const auto leap = (utc - tended_utc) - (now - tended);
        if (leap > kLeap || leap < -kLeap) clock_trusted = false;
        store.tend(utc, clock_trusted);
        tended = now;
        tended_utc = utc;
      }
      lock.lock();
      writing = false;
      account(files, kept);
      settled.notify_all();
    }
    store.close();
  }

  /// With the lock held.
  void account(const Packed& files, bool kept) {
    packed_bytes -= files.bytes;
    counters.removed = store.removed();
    counters.bytes_by = store.bytes();
    if (files.samples.empty()) return;
    ++(kept ? counters.kept : counters.left_out);
    if (kept) ++counters.kept_by[static_cast<std::size_t>(files.kind)];
  }

  Counters now() const {
    Counters all = counters;
    for (const std::uint64_t bytes : all.bytes_by) all.bytes += bytes;
    return all;
  }
};

Result<Evidence> Evidence::open(EvidenceConfig config, std::string station, AlarmSink alarms) {
  auto store = EvidenceStore::open(config, std::move(station), std::move(alarms));
  if (!store) return std::unexpected(store.error());
  auto impl = std::make_unique<Impl>(std::move(config), std::move(*store));
  Impl* const raw = impl.get();
  impl->writer = std::jthread([raw](const std::stop_token& stop) { raw->write(stop); });
  impl->packer = std::jthread([raw](const std::stop_token& stop) { raw->pack(stop); });
  return Evidence(std::move(impl));
}

std::optional<EvidenceClass> Evidence::wants(const postal::ScanEvent& event) const {
  impl_->clock_trusted = event.clock_trusted;
  return evidence_class(impl_->config, event);
}

void Evidence::keep(const postal::ScanEvent& event, std::vector<EvidenceFrame> frames) {
  const auto kind = wants(event);
  std::erase_if(frames, [](const EvidenceFrame& frame) { return frame.frame.empty(); });
  Impl& impl = *impl_;
  {
    const std::lock_guard lock(impl.mutex);
    if (!kind || frames.empty()) return;
    if (impl.frames_held + frames.size() > kQueueLimit) {
      ++impl.counters.left_out;
      return;
    }
    impl.frames_held += frames.size();
    impl.pieces.push_back({event, *kind, std::move(frames)});
  }
  impl.frames_waiting.notify_one();
}

void Evidence::wait_for_room() const {
  std::unique_lock lock(impl_->mutex);
  impl_->settled.wait_for(lock, 1s, [this] {
    return impl_->frames_held <= kQueueLimit / 2 && impl_->packed_bytes < kPackedBytes;
  });
}

Evidence::Counters Evidence::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->now();
}

Evidence::Counters Evidence::settle() {
  Impl& impl = *impl_;
  std::unique_lock lock(impl.mutex);
  impl.settled.wait(lock, [&impl] {
    return impl.pieces.empty() && !impl.packing && impl.packed.empty() && !impl.writing;
  });
  return impl.now();
}

Evidence::Evidence(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Evidence::Evidence(Evidence&&) noexcept = default;
Evidence& Evidence::operator=(Evidence&&) noexcept = default;
Evidence::~Evidence() =
    default;  // members end in reverse: packer, then writer, each when it is done

}  // namespace backstamp::station
