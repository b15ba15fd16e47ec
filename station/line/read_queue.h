// Faces that wait for a reader: whose piece must be decided first goes first.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace backstamp::station {

struct ReadJob {
  SteadyTime due{};  ///< the piece must be decided by then
  std::uint64_t order = 0;
  std::uint32_t lane = 0;
  std::uint32_t slot = 0;
  std::uint32_t camera = 0;
  std::uint32_t generation = 0;  ///< of the slot: it may be another piece's by now
};

/// Bounded by what it is made for; takes memory once. Thread-safe.
class ReadQueue {
 public:
  explicit ReadQueue(std::size_t most) { jobs_.reserve(most); }

  /// False when it is full, which its bound should make impossible.
  bool push(ReadJob job) {
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.size() == jobs_.capacity()) return false;
      job.order = ++pushed_;
      jobs_.push_back(job);
      std::push_heap(jobs_.begin(), jobs_.end(), later);
    }
    ready_.notify_one();
    return true;
  }

  struct Taken {
    ReadJob job;
    std::size_t waiting = 0;  ///< further ones
  };
  /// Waits for a job; none after close(), once all are taken.
  std::optional<Taken> take() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) return std::nullopt;
    std::pop_heap(jobs_.begin(), jobs_.end(), later);
    const ReadJob job = jobs_.back();
    jobs_.pop_back();
    return Taken{job, jobs_.size()};
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
  }

 private:
  static bool later(const ReadJob& a, const ReadJob& b) {
    return a.due != b.due ? a.due > b.due : a.order > b.order;
  }

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<ReadJob> jobs_;
  std::uint64_t pushed_ = 0;
  bool closed_ = false;
};

}  // namespace backstamp::station
