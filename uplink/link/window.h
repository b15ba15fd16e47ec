// What a sender has in flight, and when it sends again: arithmetic alone, no socket, no clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "base/limits.h"

namespace backstamp::uplink::link {

class SendWindow {
 public:
  SendWindow(std::size_t messages, std::chrono::milliseconds patience, std::uint64_t acknowledged)
      : limit_(messages),
        patience_(patience),
        first_patience_(patience),
        base_(acknowledged),
        next_(acknowledged + 1) {}

  std::uint64_t next() const { return next_; }          ///< the sequence to send next
  std::uint64_t acknowledged() const { return base_; }  ///< as the data center said last
  bool may_send(SteadyTime now) const { return ends_.size() < limit_ && now >= hold_until_; }
  /// Events to put into the next message: fewer where connections break before a large one is
  /// through, more again with every progress.
  std::size_t batch_events() const { return batch_events_; }
  bool idle() const { return ends_.empty(); }

  /// A message with the next `events` events went out.
  void sent(std::uint64_t events, SteadyTime now) {
    if (idle()) waiting_since_ = now;
    next_ += events;
    ends_.push_back(next_ - 1);
  }

  enum class Answer { progress, nothing_new, went_back };
  /// The data center holds everything up to `sequence`. When that is less than it said before, it
  /// lost its end (restored from a copy): everything after `sequence` is sent again.
  Answer acknowledge(std::uint64_t sequence, SteadyTime now) {
    if (sequence < base_) {
      base_ = sequence;
      restart();
      return Answer::went_back;
    }
    const bool progress = sequence > base_;
    base_ = sequence;
    while (!ends_.empty() && ends_.front() <= sequence) ends_.pop_front();
    next_ = std::max(next_, sequence + 1);
    if (!progress) return Answer::nothing_new;
    waiting_since_ = now;
    patience_ = first_patience_;
    batch_events_ = std::min(batch_events_ * 2, limits::kEventsPerMessage);
    return Answer::progress;
  }

  bool overdue(SteadyTime now) const { return !idle() && now >= waiting_since_ + patience_; }
  /// When something is to be done although nothing arrives; none: never.
  std::optional<SteadyTime> deadline(SteadyTime now) const {
    if (hold_until_ > now) return hold_until_;
    if (idle()) return std::nullopt;
    return waiting_since_ + patience_;
  }

  /// A new connection: what was in flight is gone.
  void restart() {
    if (!idle()) batch_events_ = std::max<std::size_t>(batch_events_ / 2, kFewestEvents);
    next_ = base_ + 1;
    ends_.clear();
  }
  /// No answer in time: once more, and more patient.
  void resend() {
    restart();
    patience_ = std::min(patience_ * 2, kLongestPatience);
  }
  /// The data center could not take it: once more, after a while.
  void back_off(SteadyTime now) {
    resend();
    hold_until_ = now + patience_;
  }

  static constexpr std::chrono::milliseconds kLongestPatience{30'000};
  static constexpr std::size_t kFewestEvents = 8;

 private:
  std::size_t limit_;
  std::size_t batch_events_ = limits::kEventsPerMessage;
  std::chrono::milliseconds patience_;
  std::chrono::milliseconds first_patience_;
  std::uint64_t base_;
  std::uint64_t next_;
  std::deque<std::uint64_t> ends_;  ///< last sequence of each message in flight
  SteadyTime waiting_since_{};
  SteadyTime hold_until_{};
};

}  // namespace backstamp::uplink::link
