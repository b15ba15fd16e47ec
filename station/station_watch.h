// What is wrong with a station beside its lanes: alarms from figures that are looked at now and
// then.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/alarm.h"
#include "base/clock.h"
#include "uplink/sender.h"
#include "vision/decode_pool.h"

namespace backstamp::station {

/// The figures at one moment.
struct StationFigures {
  std::uint64_t appended = 0;   ///< highest sequence that was handed to the journal
  std::uint64_t committed = 0;  ///< highest one on stable storage
  bool has_uplink = false;
  uplink::LinkState link = uplink::LinkState::connecting;
  std::string link_text;  ///< for people
  bool keys_stale = false;
  std::string clock = "trusted";
  vision::PoolCounters workers;
};

/// Thread-bound; times come in.
class StationWatch {
 public:
  explicit StationWatch(AlarmSink alarms) : alarms_(std::move(alarms)) {}
  void look(const StationFigures& figures, SteadyTime now);

  static constexpr std::chrono::seconds kJournalPatience{2};  ///< appended and not committed
  static constexpr std::chrono::seconds kLinkPatience{10};
  static constexpr std::chrono::seconds kCalm{30};  ///< without another crash

 private:
  /// Raised once `wrong` has held for `patience`, taken back when it holds no more.
  void hold(const char* name, bool wrong, std::chrono::nanoseconds patience,
            const std::string& cause, const char* remedy, SteadyTime now);
  /// Raised when a counter grows, taken back when it has not for kCalm.
  void count(const char* name, std::uint64_t value, const std::string& cause, const char* remedy,
             SteadyTime now);

  struct State {
    bool raised = false;
    bool wrong = false;
    SteadyTime since{};
    std::uint64_t counted = 0;
  };
  AlarmSink alarms_;
  std::map<std::string, State> states_;
  std::uint64_t waiting_for_ = 0;  ///< the sequence whose commit is awaited
};

}  // namespace backstamp::station
