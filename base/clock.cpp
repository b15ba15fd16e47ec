#include "base/clock.h"

#include <cstdio>

namespace backstamp {
namespace {

/// The number in exactly `count` digits at `text[at]`; -1 when one of them is no digit.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::unexpected<Error> not_a_time(std::string_view text) {
  return fail(ErrorKind::invalid, "'" + std::string(text.substr(0, 40)) +
                                      "' is not a UTC time like 2026-11-22T19:45:48.000123Z");
}

}  // namespace

UtcTime utc_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string format_date(Date date) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

Result<Date> parse_date(std::string_view text) {
  const int year = digits_at(text, 0, 4);
  const int month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2);
  if (text.size() == 10 && text[4] == '-' && text[7] == '-' && year >= 0 && month >= 0 &&
      day >= 0) {
    const Date date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                    std::chrono::day(static_cast<unsigned>(day))};
    if (date.ok()) return date;
  }
  return fail(ErrorKind::invalid,
              "'" + std::string(text.substr(0, 40)) + "' is not a date like 2026-11-22");
}

std::string format_utc(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[32];
  std::snprintf(text, sizeof text, "T%02d:%02d:%02d.%06dZ", static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return format_date(Date(day)) + text;
}

Result<UtcTime> parse_utc(std::string_view text) {
  if (text.size() < 20 || text.size() > 27 || text[10] != 'T' || text.back() != 'Z') {
    return not_a_time(text);
  }
  const auto date = parse_date(text.substr(0, 10));
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  if (!date || text[13] != ':' || text[16] != ':' || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59) {
    return not_a_time(text);
  }
  int fraction = 0;
  if (text.size() > 20) {
    const std::size_t count = text.size() - 21;
    fraction = digits_at(text, 20, count);
    if (text[19] != '.' || count == 0 || fraction < 0) return not_a_time(text);
    for (std::size_t i = count; i < 6; ++i) fraction *= 10;
  }
  return UtcTime(std::chrono::sys_days(*date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::microseconds(fraction);
}

Date utc_date(UtcTime time) {
  return Date(std::chrono::floor<std::chrono::days>(time));
}

}  // namespace backstamp
