// Two clocks: steady time for durations, UTC for records.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp {

/// An instant in UTC, to the microsecond, as it stands in records.
using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;
/// An instant for measuring durations and deadlines.
using SteadyTime = std::chrono::steady_clock::time_point;
/// A calendar day, without a time zone.
using Date = std::chrono::year_month_day;

/// Now by the system's UTC clock.
UtcTime utc_now();

/// RFC 3339 with microseconds: "2026-11-22T19:45:48.000123Z".
std::string format_utc(UtcTime time);

/// The strict inverse of format_utc; 0 to 6 digits of fraction, "Z" only.
Result<UtcTime> parse_utc(std::string_view text);

/// "2026-11-22".
std::string format_date(Date date);

/// The strict inverse of format_date.
Result<Date> parse_date(std::string_view text);

/// The day in UTC on which `time` falls.
Date utc_date(UtcTime time);

}  // namespace backstamp
