// What is wrong with a lane, told once when it begins and once when it is over.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "station/line.h"

namespace backstamp::station {

/// Turns what happens piece by piece into alarms. Thread-bound; times come in.
class LaneWatch {
 public:
  LaneWatch(const LineLane& lane, AlarmSink alarms);

  void triggered(SteadyTime now, bool by_machine);
  void untriggered(SteadyTime now);                      ///< a picture without a trigger
  void pictures(std::uint32_t missing, SteadyTime now);  ///< of a piece; bits of cameras
  void decided(const postal::ScanEvent& event, SteadyTime now);
  void machine(MachineState state, SteadyTime now);
  void reversed(SteadyTime now);  ///< the belt went back
  /// From time to time: what is over by now, what has been silent for too long.
  void tick(SteadyTime now);

  static constexpr std::uint32_t kInARow = 5;  ///< missing pictures, missing triggers
  static constexpr std::uint32_t kNoReadsInARow = 25;
  static constexpr std::chrono::seconds kCalm{10};  ///< without a repetition it is over

 private:
  struct State {
    bool raised = false;
    SteadyTime last{};
  };
  void raise(State& state, const char* name, const std::string& source, std::string cause,
             const char* remedy, SteadyTime now);
  void clear(State& state, const char* name, const std::string& source);
  void clear_when_calm(State& state, const char* name, SteadyTime now);

  std::string lane_;
  std::vector<std::string> cameras_;
  std::chrono::milliseconds silence_;
  AlarmSink alarms_;
  std::vector<std::uint32_t> missing_;  ///< by camera, in a row
  std::vector<State> no_pictures_;
  State no_triggers_, jam_, no_reads_, late_, overload_, reversal_, silent_;
  std::uint32_t untriggered_ = 0;
  std::uint32_t unread_ = 0;
  bool running_ = false;
  SteadyTime last_trigger_{};
};

}  // namespace backstamp::station
