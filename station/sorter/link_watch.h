// What a link tells the operator: that no control is there, and that somebody sends nonsense.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/alarm.h"
#include "base/clock.h"

namespace backstamp::station {

/// Two alarms of one link, each raised once and taken back once. Thread-bound to the link's thread;
/// time comes in, so that a test needs not wait.
class LinkWatch {
 public:
  struct About {
    std::string source;  ///< "telegram"
    std::chrono::milliseconds silence{};
    std::string fallback;  ///< what the machine does meanwhile
  };
  LinkWatch(About about, AlarmSink alarms, SteadyTime now);

  /// The control spoke.
  void heard(SteadyTime now);
  /// The control is gone, and why; the alarm follows when it is not back in time.
  void lost(std::string why) { why_ = std::move(why); }
  /// Somebody sent what follows no rule.
  void nonsense(SteadyTime now, std::string_view peer, std::string_view what);
  /// Whether the control has just been lost: its alarm was raised now.
  bool tick(SteadyTime now);

 private:
  void raise_lost();

  About about_;
  AlarmSink alarms_;
  SteadyTime heard_;
  std::string why_ = "no control has connected yet";
  bool lost_raised_ = false;
  SteadyTime nonsense_{};
  bool nonsense_raised_ = false;
};

/// So long nobody must have sent nonsense before its alarm is over.
inline constexpr std::chrono::seconds kNonsenseCalm{60};

}  // namespace backstamp::station
