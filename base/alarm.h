// Something that an operator must know of until it is over.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"

namespace backstamp {

/// One state of one thing: raised once when it begins and taken back once when it ends. Two alarms
/// are the same when `name` and `source` are. Names are listed, with what to do, in
/// docs/operations.md.
struct Alarm {
  std::string name;    ///< "camera-lost", "sorter-lost", "disk-full": [a-z-]
  std::string source;  ///< what it is about: "LANE-2/front"
  bool raised = true;  ///< false: it is over
  std::string cause;   ///< one sentence for people, with figures: "no frame for 5.0 s"
  std::string remedy;  ///< one sentence: what to do
};

/// One that is not over yet.
struct StandingAlarm {
  Alarm alarm;
  UtcTime since{};
};

/// Takes alarms; called by any thread; returns at once.
using AlarmSink = std::function<void(const Alarm&)>;

}  // namespace backstamp
