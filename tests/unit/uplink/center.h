// A data center in memory: stores each event once and remembers contradictions.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/uplink/events.h"
#include "uplink/receiver.h"

namespace backstamp::uplink::test {

/// Polls for a condition that another thread brings about; false when it does not within 30 s.
template <typename Condition>
bool wait_until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class Center {
 public:
  explicit Center(AllowList allowed, std::string endpoint = "tcp://127.0.0.1:0")
      : keys_(*generate_curve_keys()), allowed_(std::move(allowed)) {
    start(std::move(endpoint));
  }

  void start(std::string endpoint) {
    ReceiverOptions options;
    options.endpoint = std::move(endpoint);
    options.keys = keys_;
    options.allowed = allowed_;
    options.published = published_;
    receiver_.emplace(std::move(
        *Receiver::start(options, [this](const EventBatch& batch) { return store(batch); })));
  }
  void stop() { receiver_.reset(); }
  /// From the next start on.
  void publish_by(PublishedKeys published) { published_ = std::move(published); }
  void publish() { receiver_->publish(); }

  const CurveKeyPair& keys() const { return keys_; }
  std::string endpoint() const { return receiver_->endpoint(); }
  ReceiverCounters counters() const { return receiver_->counters(); }
  void break_store(bool broken) { broken_ = broken; }

  std::vector<postal::ScanEvent> events(const std::string& station, std::uint64_t epoch) {
    const std::lock_guard lock(mutex_);
    return events_[{station, epoch}];
  }
  std::size_t stored() {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [id, events] : events_) count += events.size();
    return count;
  }
  /// Events that came again with another content: there must be none.
  std::size_t contradictions() {
    const std::lock_guard lock(mutex_);
    return contradictions_;
  }
  void forget_after(const std::string& station, std::uint64_t epoch, std::size_t count) {
    const std::lock_guard lock(mutex_);
    events_[{station, epoch}].resize(count);
  }

 private:
  Result<std::uint64_t> store(const EventBatch& batch) {
    if (broken_) return fail(ErrorKind::unavailable, "the store is broken for this test");
    const std::lock_guard lock(mutex_);
    auto& events = events_[{batch.station, batch.epoch}];
    for (const auto& event : batch.events) {
      if (event.id.sequence == events.size() + 1) events.push_back(event);
      if (event.id.sequence > events.size()) continue;
      if (!same_content(events[event.id.sequence - 1], event)) ++contradictions_;
    }
    return events.size();
  }

  CurveKeyPair keys_;
  AllowList allowed_;
  std::optional<PublishedKeys> published_;
  std::atomic<bool> broken_{false};
  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint64_t>, std::vector<postal::ScanEvent>> events_;
  std::size_t contradictions_ = 0;
  std::optional<Receiver> receiver_;
};

}  // namespace backstamp::uplink::test
