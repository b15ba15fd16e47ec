// A time zone of the IANA database, from the machine's compiled files (RFC 8536): C++20's own are
// not in every library that this is built with, and localtime depends on the process's TZ.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "station/sorter/zone_rule.h"

namespace backstamp::station {

/// Immutable once made: thread-safe.
class Zone {
 public:
  /// "Europe/Berlin", from the folder that TZDIR names, else /usr/share/zoneinfo. Fails: invalid
  /// (no name of a zone, or not such a file), not_found.
  static Result<Zone> load(std::string_view name);
  /// Of the bytes of such a file. Fails: invalid, limit.
  static Result<Zone> parse(ByteView file);

  /// The period around `time`; times outside the years 1 to 9998 are taken as at their border.
  ZonePeriod at(std::chrono::sys_seconds time) const;
  /// The first moment at which clocks show `local` or later, however they were put on or back.
  std::chrono::sys_seconds first(std::chrono::local_seconds local) const;

 private:
  struct Change {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset;
  };
  std::chrono::seconds before_{};  ///< the offset before the first change
  std::vector<Change> changes_;
  std::optional<ZoneRule> rule_;  ///< after the last change
};

inline constexpr std::size_t kZoneFileBytes = 256u << 10;

}  // namespace backstamp::station
