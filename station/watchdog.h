// base/watchdog.h, by the name that the station knows it under.
#pragma once

#include "base/watchdog.h"

namespace backstamp::station {

using backstamp::Watchdog;

}  // namespace backstamp::station
