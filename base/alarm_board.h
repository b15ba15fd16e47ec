// All alarms that stand, and how often each was raised.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"

namespace backstamp {

/// Thread-safe. Keeps what stands, and passes on only what changes: `changed` is called in the
/// order of the changes, one call at a time, and must not come back here. Every name and source is
/// one of the configuration or the program, so what can stand is bounded by them.
class AlarmBoard {
 public:
  explicit AlarmBoard(AlarmSink changed) : changed_(std::move(changed)) {}

  /// What stands already is not raised again: it keeps its time and gets the newer cause. What does
  /// not stand cannot be over.
  void take(const Alarm& alarm);
  using Standing = StandingAlarm;
  /// By name and source.
  std::vector<StandingAlarm> standing() const;
  /// By alarm name: how often raised since the start. A name that was never raised is not there.
  std::map<std::string, std::uint64_t> raised() const;
  /// Borrows this board.
  AlarmSink sink() {
    return [this](const Alarm& alarm) { take(alarm); };
  }

 private:
  mutable std::mutex mutex_;
  AlarmSink changed_;
  std::map<std::pair<std::string, std::string>, StandingAlarm> standing_;
  std::map<std::string, std::uint64_t> raised_;
};

}  // namespace backstamp
