// All alarms that stand, and how often each was raised.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"

namespace backstamp::station {

/// Thread-safe. Keeps what stands, and passes on only what changes.
class AlarmBoard {
 public:
  explicit AlarmBoard(AlarmSink changed) : changed_(std::move(changed)) {}

  void take(const Alarm& alarm);
  struct Standing {
    Alarm alarm;
    UtcTime since{};
  };
  std::vector<Standing> standing() const;
  /// By alarm name: how often raised since the start.
  std::map<std::string, std::uint64_t> raised() const;
  AlarmSink sink() {
    return [this](const Alarm& alarm) { take(alarm); };
  }

 private:
  mutable std::mutex mutex_;
  AlarmSink changed_;
  std::map<std::pair<std::string, std::string>, Standing> standing_;
  std::map<std::string, std::uint64_t> raised_;
};

}  // namespace backstamp::station
