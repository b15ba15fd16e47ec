// Is the machine's clock to be trusted? Arithmetic alone, no clock of its own.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace backstamp::station {

struct ClockRule {
  /// How far the clock may be from what the data center says, and behind the floor.
  std::chrono::microseconds tolerance = std::chrono::minutes(5);
  /// How far the clock may be ahead of the floor while nobody confirms it; none: as far as it
  /// likes.
  std::optional<std::chrono::microseconds> unconfirmed = std::chrono::days(30);
};

/// A signed time is a floor: it is never earlier. While the data center speaks, its time is
/// carried on by the steady clock, which nobody sets.
class ClockTrust {
 public:
  explicit ClockTrust(ClockRule rule, UtcTime floor = UtcTime{}) : rule_(rule), floor_(floor) {}

  /// A signed time that was heard just now. An earlier one than is known says nothing.
  void hear(UtcTime time, SteadyTime now);
  /// A signed time of the past, such as that of a bundle's issue.
  void raise_floor(UtcTime time);
  UtcTime floor() const { return floor_; }

  struct View {
    bool trusted = true;
    std::optional<UtcTime> now;  ///< what time it is, when that is known
    std::string why;             ///< for people, when it is not trusted
  };
  View look(UtcTime clock, SteadyTime now) const;

 private:
  std::optional<UtcTime> by_data_center(SteadyTime now) const;

  ClockRule rule_;
  UtcTime floor_;
  std::optional<UtcTime> heard_;
  SteadyTime heard_at_{};
};

}  // namespace backstamp::station
