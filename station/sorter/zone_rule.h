// The rule at the end of a time zone file, for all times after its table: a POSIX TZ string with
// the extensions of RFC 8536, 3.3.1.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace backstamp::station {

/// A stretch of time in which a zone's distance from UTC is the same: [begin, end).
struct ZonePeriod {
  std::chrono::sys_seconds begin;
  std::chrono::sys_seconds end;
  std::chrono::seconds offset{};  ///< local time is UTC plus this
};

class ZoneRule {
 public:
  /// "CET-1CEST,M3.5.0,M10.5.0/3", "<+0545>-5:45". Fails (invalid), also where there is summer time
  /// without a rule of when.
  static Result<ZoneRule> parse(std::string_view text);
  /// The period around `time`, which must be in the years 0 to 9999; at most about a year long.
  ZonePeriod at(std::chrono::sys_seconds time) const;

  /// A day of each year, and a time of it.
  struct Day {
    enum class Form { julian, zero_based, weekday } form = Form::zero_based;
    int day = 0;  ///< julian: 1–365, 29 February not counted; zero_based: 0–365; weekday: 0–6
    int month = 0;  ///< weekday: 1–12
    int week = 0;   ///< weekday: 1–5, 5 is the last
    std::chrono::seconds time{7200};

    std::chrono::local_seconds in(std::chrono::year year) const;
  };

 private:
  std::chrono::seconds standard_{};
  struct Summer {
    std::chrono::seconds offset{};
    Day begin;
    Day end;
  };
  std::optional<Summer> summer_;
};

}  // namespace backstamp::station
