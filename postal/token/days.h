// Dates in tokens and bundles: days since 1970-01-01, in 16 bits (until 2149-06-06).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace backstamp::postal {

inline constexpr std::uint64_t kLastDay = 0xFFFF;

/// None when there is no such day or it is out of range.
inline std::optional<std::uint64_t> to_days(Date date) {
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  if (days < 0 || static_cast<std::uint64_t>(days) > kLastDay) return std::nullopt;
  return static_cast<std::uint64_t>(days);
}

/// `days` at most kLastDay.
inline Date from_days(std::uint64_t days) {
  return Date{std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
}

}  // namespace backstamp::postal
