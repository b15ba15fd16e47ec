#include "station/clock_trust.h"

#include <algorithm>

namespace backstamp::station {

std::optional<UtcTime> ClockTrust::by_data_center(SteadyTime now) const {
  if (!heard_) return std::nullopt;
  return *heard_ + std::chrono::duration_cast<UtcTime::duration>(now - heard_at_);
}

void ClockTrust::hear(UtcTime time, SteadyTime now) {
  raise_floor(time);
  // On its way it only grew older: of two estimates the later one is the nearer.
  if (const auto known = by_data_center(now); known && *known >= time) return;
  heard_ = time;
  heard_at_ = now;
}

void ClockTrust::raise_floor(UtcTime time) {
  floor_ = std::max(floor_, time);
}

ClockTrust::View ClockTrust::look(UtcTime clock, SteadyTime now) const {
  if (const auto known = by_data_center(now)) {
    const auto apart = clock > *known ? clock - *known : *known - clock;
    if (apart <= rule_.tolerance) return {true, clock, {}};
    return {false, known,
            "it says " + format_utc(clock) + ", the data center " + format_utc(*known)};
  }
  if (clock + rule_.tolerance < floor_) {
    return {false,
            {},
            "it says " + format_utc(clock) + ", and it was " + format_utc(floor_) + " already"};
  }
  if (rule_.unconfirmed && clock > floor_ + *rule_.unconfirmed) {
    return {false,
            {},
            "it says " + format_utc(clock) + ", and nobody has confirmed it since " +
                format_utc(floor_)};
  }
  return {true, clock, {}};
}

}  // namespace backstamp::station
