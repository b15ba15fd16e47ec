// What each rung of the ladder cost on a face, and what it gave.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "vision/reading.h"

namespace backstamp::vision {

/// Adds up time by rung. Thread-bound.
class Accounts {
 public:
  void add(std::string_view rung, std::chrono::nanoseconds spent, bool read);
  std::vector<RungCost> take() { return std::move(costs_); }

 private:
  std::vector<RungCost> costs_;
};

/// The processor's time that this thread has had: what work costs, whoever else is working.
std::chrono::nanoseconds thread_time();

/// Measures one try of a rung from its making to its end.
class Try {
 public:
  Try(Accounts& accounts, std::string_view rung)
      : accounts_(accounts), rung_(rung), begin_(thread_time()) {}
  Try(const Try&) = delete;
  Try& operator=(const Try&) = delete;
  ~Try() { accounts_.add(rung_, spent(), read_); }
  std::chrono::nanoseconds spent() const { return thread_time() - begin_; }
  void gave_reading() { read_ = true; }
  /// The same of a reading that all of this try was spent on.
  void gave(Reading& reading) {
    read_ = true;
    reading.spent = spent();
  }

 private:
  Accounts& accounts_;
  std::string_view rung_;
  std::chrono::nanoseconds begin_;
  bool read_ = false;
};

}  // namespace backstamp::vision
