// All alarms of a station that stand: base/alarm_board.h, by the name that the lane knows it under.
#pragma once

#include "base/alarm_board.h"

namespace backstamp::station {

using backstamp::AlarmBoard;

}  // namespace backstamp::station
