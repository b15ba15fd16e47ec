#include "uplink/event_log.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "base/file.h"
#include "base/limits.h"
#include "uplink/link/quiet_thread.h"
#include "uplink/spool/recover.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

constexpr std::size_t kQueueBytes = 32u << 20;      ///< appended, not yet written
constexpr std::size_t kGroupBytes = 4u << 20;       ///< written and synced together
constexpr std::chrono::seconds kQueuePatience{10};  ///< of append, when the queue is full
constexpr std::size_t kReadEvents = 512;            ///< of for_each, at a time
constexpr std::size_t kReadBytes = 1u << 20;
constexpr std::size_t kReadAtOnceBytes = 64u << 20;  ///< of read
constexpr std::uint64_t kSegmentBytesMin = 4096;
constexpr std::uint64_t kSegmentBytesMax = 1ull << 30;

struct Queued {
  std::uint64_t sequence = 0;
  Bytes payload;
};

}  // namespace

struct EventLog::Impl {
  Impl(EventLogOptions given, UniqueFd lock_held, UniqueFd signal, spool::Opened opened)
      : options(std::move(given)),
        lock_descriptor(std::move(lock_held)),
        signal_descriptor(std::move(signal)),
        epoch(opened.epoch),
        recovery(std::move(opened.report)),
        position(std::move(opened.position)),
        writer(std::move(opened.writer)),
        catalog(std::move(opened.catalog)),
        next(opened.next_sequence),
        committed(opened.next_sequence - 1),
        acknowledged(opened.acknowledged) {}

  void write_loop();
  bool wait_for_group(std::unique_lock<std::mutex>& lock);
  Result<void> commit_group(const std::vector<Queued>& group);
  void remove_old_segments();
  void stop_for(const Error& error);
  Error stopped() const {
    return {ErrorKind::io, "the event log has stopped: " + failure->message};
  }
  Result<std::vector<Bytes>> read(std::uint64_t first, std::size_t limit,
                                  std::size_t limit_bytes) const;

  const EventLogOptions options;
  const UniqueFd lock_descriptor;    // keeps other processes out
  const UniqueFd signal_descriptor;  // eventfd
  const std::uint64_t epoch;
  const Recovery recovery;

  std::mutex position_mutex;
  spool::PositionFile position;  // under position_mutex

  spool::SegmentWriter writer;  // the writer thread's
  SteadyTime last_commit{};     // the writer thread's

  mutable std::mutex mutex;                 // guards what follows
  mutable std::condition_variable changed;  // committed, failure
  std::condition_variable queue_changed;
  spool::Catalog catalog;
  std::deque<Queued> queue;
  std::size_t queue_bytes = 0;
  std::uint64_t next;
  std::uint64_t committed;
  std::uint64_t acknowledged;
  std::optional<Error> failure;
  bool closing = false;

  std::thread thread;
};

/// Waits until there is something to commit and its companions had their time; false at the end.
bool EventLog::Impl::wait_for_group(std::unique_lock<std::mutex>& lock) {
  queue_changed.wait(lock, [&] { return closing || !queue.empty(); });
  if (!closing)
    queue_changed.wait_until(lock, last_commit + options.commit_interval,
                             [&] { return closing || queue_bytes >= kGroupBytes; });
  return !queue.empty();
}

void EventLog::Impl::write_loop() {
  std::unique_lock lock(mutex);
  while (wait_for_group(lock)) {
    std::vector<Queued> group;
    for (std::size_t bytes = 0; !queue.empty() && bytes < kGroupBytes; queue.pop_front()) {
      bytes += queue.front().payload.size();
      queue_bytes -= queue.front().payload.size();
      group.push_back(std::move(queue.front()));
    }
    lock.unlock();
    queue_changed.notify_all();
    const auto done = commit_group(group);
    if (!done) return stop_for(done.error());
    remove_old_segments();
    lock.lock();
  }
}

Result<void> EventLog::Impl::commit_group(const std::vector<Queued>& group) {
  std::vector<spool::Placement> placements;
  placements.reserve(group.size());
  for (const Queued& queued : group) {
    auto placement = writer.add(spool::RecordType::event, queued.sequence, queued.payload);
    if (!placement) return std::unexpected(placement.error());
    placements.push_back(std::move(*placement));
  }
  if (auto ok = writer.commit(); !ok) return ok;
  last_commit = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex);
    for (const auto& placement : placements) catalog.place(placement);
    BACKSTAMP_ASSERT(committed < group.front().sequence);
    committed = group.back().sequence;
  }
  changed.notify_all();
  const std::uint64_t one = 1;
  // Nothing is lost when it fails: the counter is full, so the descriptor is readable.
  [[maybe_unused]] const ssize_t signalled = ::write(signal_descriptor.get(), &one, sizeof one);
  return {};
}

void EventLog::Impl::stop_for(const Error& error) {
  {
    const std::lock_guard lock(mutex);
    if (!failure) failure = error;
    queue.clear();
    queue_bytes = 0;
  }
  changed.notify_all();
  queue_changed.notify_all();
}

/// Segments that are acknowledged and older than the duplicate window. A failure is not one of
/// the log: the segment stays and is tried again later.
void EventLog::Impl::remove_old_segments() {
  for (;;) {
    std::optional<spool::Segment> front;
    {
      const std::lock_guard lock(mutex);
      front = catalog.front_if_acknowledged(acknowledged);
    }
    if (!front) return;
    std::error_code error;
    const auto written = std::filesystem::last_write_time(front->path, error);
    const auto age = std::filesystem::file_time_type::clock::now() - written;
    if (error || age < options.keep_acknowledged) return;
    if (!options.storage->remove(front->path)) return;
    const std::lock_guard lock(mutex);
    catalog.drop_front();
  }
}

Result<std::vector<Bytes>> EventLog::Impl::read(std::uint64_t first, std::size_t limit,
                                                std::size_t limit_bytes) const {
  std::vector<Bytes> events;
  std::size_t bytes = 0;
  std::uint64_t sequence = std::max<std::uint64_t>(first, 1);
  while (events.size() < limit && bytes < limit_bytes) {
    spool::Slice slice;
    {
      const std::lock_guard lock(mutex);
      if (sequence > committed) break;
      slice = catalog.find(sequence, committed);
    }
    const std::size_t had = events.size();
    if (slice.gap) {
      while (sequence < slice.next && events.size() < limit && bytes < limit_bytes) {
        auto gap = serialize_event(make_gap({options.station, epoch, sequence++}));
        if (!gap) return std::unexpected(gap.error());
        bytes += gap->size();
        events.push_back(std::move(*gap));
      }
      continue;
    }
    const auto done =
        spool::read_slice(slice, epoch, sequence, limit - had, limit_bytes - bytes, events);
    if (!done) return std::unexpected(done.error());
    for (std::size_t i = had; i < events.size(); ++i) bytes += events[i].size();
    sequence += events.size() - had;
    if (sequence < slice.next) break;
  }
  return events;
}

Result<EventLog> EventLog::open(EventLogOptions options) {
  if (!postal::valid_station_name(options.station))
    return fail(ErrorKind::invalid, "the station's name must be 1 to 64 of [A-Za-z0-9._-]");
  if (options.segment_bytes < kSegmentBytesMin || options.segment_bytes > kSegmentBytesMax)
    return fail(ErrorKind::invalid, "a segment of the spool must have 4 KiB to 1 GiB");
  if (!options.storage) options.storage = real_storage();
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error)
    return fail(ErrorKind::io,
                "make folder " + options.directory.string() + ": " + error.message());
  auto lock = lock_file(options.directory / "lock");
  if (!lock) return std::unexpected(lock.error());
  const auto parent = std::filesystem::absolute(options.directory).parent_path();
  if (auto ok = sync_directory(parent); !ok) return std::unexpected(ok.error());
  UniqueFd signal(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!signal) return std::unexpected(system_error("eventfd", errno));
  auto opened = spool::recover(options, options.storage);
  if (!opened) return std::unexpected(opened.error());
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*lock), std::move(signal),
                                     std::move(*opened));
  impl->remove_old_segments();
  impl->thread = link::quiet_thread([log = impl.get()] { log->write_loop(); });
  return EventLog(std::move(impl));
}

Result<std::uint64_t> EventLog::append(postal::ScanEvent event) {
  std::unique_lock lock(impl_->mutex);
  const bool room = impl_->queue_changed.wait_for(
      lock, kQueuePatience, [&] { return impl_->failure || impl_->queue_bytes < kQueueBytes; });
  if (impl_->failure) return std::unexpected(impl_->stopped());
  if (!room)
    return fail(ErrorKind::unavailable,
                impl_->options.directory.string() + ": the disk does not keep up with the events");
  event.id = {impl_->options.station, impl_->epoch, impl_->next};
  auto payload = serialize_event(event);
  if (!payload) return std::unexpected(payload.error());
  const std::uint64_t sequence = impl_->next++;
  impl_->queue_bytes += payload->size();
  impl_->queue.push_back({sequence, std::move(*payload)});
  lock.unlock();
  impl_->queue_changed.notify_all();
  return sequence;
}

std::uint64_t EventLog::committed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->committed;
}

Result<void> EventLog::wait_committed(std::uint64_t sequence, std::chrono::milliseconds limit) {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait_for(lock, limit,
                          [&] { return impl_->failure || impl_->committed >= sequence; });
  if (impl_->committed >= sequence) return {};
  if (impl_->failure) return std::unexpected(impl_->stopped());
  return fail(ErrorKind::timeout, "event " + std::to_string(sequence) + " is not committed after " +
                                      std::to_string(limit.count()) + " ms");
}

Result<std::vector<postal::ScanEvent>> EventLog::read(std::uint64_t first,
                                                      std::size_t limit) const {
  auto encoded = impl_->read(first, limit, kReadAtOnceBytes);
  if (!encoded) return std::unexpected(encoded.error());
  std::vector<postal::ScanEvent> events;
  events.reserve(encoded->size());
  for (const Bytes& bytes : *encoded) {
    auto event = parse_event(bytes);
    if (!event) return fail(impl_->options.directory.string(), event.error());
    events.push_back(std::move(*event));
  }
  return events;
}

Result<std::vector<Bytes>> EventLog::read_encoded(std::uint64_t first, std::size_t limit,
                                                  std::size_t limit_bytes) const {
  return impl_->read(first, limit, limit_bytes);
}

bool EventLog::wait_beyond(std::uint64_t sequence, std::chrono::milliseconds limit) const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait_for(lock, limit,
                          [&] { return impl_->failure || impl_->committed > sequence; });
  return impl_->committed > sequence;
}

Result<void> EventLog::for_each(const std::function<void(const postal::ScanEvent&)>& visit) const {
  std::uint64_t sequence = 0;
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(impl_->mutex);
    sequence = impl_->catalog.oldest().value_or(impl_->committed + 1);
    end = impl_->committed;
  }
  while (sequence <= end) {
    const auto encoded = impl_->read(sequence, kReadEvents, kReadBytes);
    if (!encoded) return std::unexpected(encoded.error());
    for (const Bytes& bytes : *encoded) {
      const auto event = parse_event(bytes);
      if (!event) return fail(impl_->options.directory.string(), event.error());
      if (sequence++ <= end && !is_gap(*event)) visit(*event);
    }
  }
  return {};
}

Result<void> EventLog::acknowledge(std::uint64_t sequence) {
  const std::lock_guard position_lock(impl_->position_mutex);
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->failure) return std::unexpected(impl_->stopped());
    if (sequence > impl_->committed)
      return fail(ErrorKind::invalid, "event " + std::to_string(sequence) +
                                          " is acknowledged and was never committed here");
    if (sequence <= impl_->acknowledged) return {};
  }
  if (auto ok = impl_->position.store({impl_->epoch, sequence}); !ok) {
    impl_->stop_for(ok.error());
    return ok;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->acknowledged = sequence;
  }
  impl_->changed.notify_all();
  return {};
}

std::uint64_t EventLog::acknowledged() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->acknowledged;
}

int EventLog::commit_descriptor() const {
  return impl_->signal_descriptor.get();
}
std::uint64_t EventLog::epoch() const {
  return impl_->epoch;
}
const std::string& EventLog::station() const {
  return impl_->options.station;
}
const Recovery& EventLog::recovery() const {
  return impl_->recovery;
}

EventLog::EventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLog::EventLog(EventLog&&) noexcept = default;

EventLog& EventLog::operator=(EventLog&& other) noexcept {
  if (this != &other) {
    EventLog old(std::move(*this));
    impl_ = std::move(other.impl_);
  }
  return *this;
}

EventLog::~EventLog() {
  if (!impl_) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
  }
  impl_->queue_changed.notify_all();
  impl_->thread.join();
}

}  // namespace backstamp::uplink
