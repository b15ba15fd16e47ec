// The alarms of one source: each raised once and taken back once.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/alarm.h"
#include "base/clock.h"

namespace backstamp::station::capture {

/// Thread-bound.
class AlarmSet {
 public:
  AlarmSet(std::string source, AlarmSink sink)
      : source_(std::move(source)), sink_(std::move(sink)) {}

  /// Raises it, or notes that it happened again.
  void raise(const std::string& name, std::string cause, std::string remedy, SteadyTime now);
  /// Takes it back, if it is raised.
  void over(const std::string& name);
  /// Takes back what has not happened again for `quiet`, but for the one called `except`.
  void settle(SteadyTime now, std::chrono::milliseconds quiet, const std::string& except);
  bool raised(const std::string& name) const { return raised_.contains(name); }

 private:
  struct Raised {
    SteadyTime last{};
    std::string cause;
    std::string remedy;
  };
  void tell(const std::string& name, const Raised& alarm, bool raised) const;

  std::string source_;
  AlarmSink sink_;
  std::map<std::string, Raised> raised_;
};

}  // namespace backstamp::station::capture
