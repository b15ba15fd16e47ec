// Discrete lines in memory: outputs are written down with their times, inputs are set by the test.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "station/sorter.h"

namespace backstamp::test {

/// Shared by a test and the link that drives them. Thread-safe.
class MemoryLines {
 public:
  struct Edge {
    unsigned line = 0;
    bool high = false;
    SteadyTime at{};
  };

  /// What a link gets; this must outlive it.
  std::unique_ptr<station::DiscreteLines> lines() { return std::make_unique<Lines>(*this); }

  void input(unsigned line, bool high) {
    const std::lock_guard lock(mutex_);
    inputs_ = (inputs_ & ~(1u << line)) | (high ? 1u << line : 0);
  }
  /// While broken, every call fails.
  void break_down(bool is) {
    const std::lock_guard lock(mutex_);
    broken_ = is;
  }
  bool output(unsigned line) const {
    const std::lock_guard lock(mutex_);
    return (outputs_ >> line & 1) != 0;
  }
  /// How often the inputs were read.
  std::uint64_t reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
  }
  std::vector<Edge> edges(unsigned line) const {
    const std::lock_guard lock(mutex_);
    std::vector<Edge> found;
    for (const Edge& edge : edges_) {
      if (edge.line == line) found.push_back(edge);
    }
    return found;
  }

 private:
  class Lines final : public station::DiscreteLines {
   public:
    explicit Lines(MemoryLines& of) : of_(of) {}
    Result<void> set(unsigned line, bool high) override { return of_.set(line, high); }
    Result<std::uint32_t> inputs() override { return of_.read(); }

   private:
    MemoryLines& of_;
  };

  Result<void> set(unsigned line, bool high) {
    const std::lock_guard lock(mutex_);
    if (broken_) return fail(ErrorKind::io, "broken");
    const std::uint32_t bit = 1u << line;
    if (((outputs_ & bit) != 0) == high) return {};
    outputs_ = high ? outputs_ | bit : outputs_ & ~bit;
    edges_.push_back({line, high, std::chrono::steady_clock::now()});
    return {};
  }
  Result<std::uint32_t> read() {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (broken_) return fail(ErrorKind::io, "broken");
    return inputs_;
  }

  mutable std::mutex mutex_;
  std::uint32_t inputs_ = 0;
  std::uint32_t outputs_ = 0;
  bool broken_ = false;
  std::uint64_t reads_ = 0;
  std::vector<Edge> edges_;
};

}  // namespace backstamp::test
