// The newest decisions, numbered: written by any thread without waiting, read by a link's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "station/sorter.h"

namespace backstamp::station {

/// Takes its memory once. Writers never wait, not for each other and not for readers: each claims
/// a number and writes its slot, which says of itself whether it is whole (a sequence lock).
/// Thread-safe.
class DecisionRing {
 public:
  /// Keeps at least `keep` decisions, 1 to 2^20.
  explicit DecisionRing(std::size_t keep);

  /// Its sequence: from 1, without gaps.
  std::uint64_t push(const SorterDecision& decision);
  /// The highest sequence so far; 0: none. Its decision may still be under way into its slot.
  std::uint64_t newest() const { return next_.load(std::memory_order_acquire); }
  /// The lowest that is still kept; 1 when there is none yet.
  std::uint64_t oldest() const;
  std::size_t capacity() const { return capacity_; }

  enum class Found { yes, not_yet, gone };
  Found read(std::uint64_t sequence, SorterDecision& into) const;

 private:
  static constexpr std::size_t kWords = 7;
  /// `stamp` is 2n - 1 while decision n is being written and 2n when it is whole.
  struct Slot {
    std::atomic<std::uint64_t> stamp{0};
    std::atomic<std::uint64_t> words[kWords]{};
  };
  std::size_t capacity_;
  std::unique_ptr<Slot[]> slots_;
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace backstamp::station
