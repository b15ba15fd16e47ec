// When something is, by two clocks: the one that people set, and the one that only a restart of the
// machine begins anew.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace backstamp::meter {

struct Moment {
  UtcTime utc{};
  std::uint64_t boot = 0;          ///< which start of the machine; 0: not known
  std::chrono::microseconds up{};  ///< since that start, sleep included
  bool operator==(const Moment&) const = default;

  static Moment now();
};

/// The earliest time that it can be at `now`, whatever the clock says, when `before` was true
/// earlier: within one start of the machine the time it was up counts; after a restart at least the
/// time since then does. On another machine, which may be up for longer, this can be too late.
UtcTime earliest_utc(const Moment& before, const Moment& now);

}  // namespace backstamp::meter
