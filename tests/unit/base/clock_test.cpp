#include "base/clock.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

using namespace backstamp;
using namespace std::chrono;

TEST_CASE("instants are written to the microsecond in UTC") {
  const UtcTime time = sys_days(2026y / November / 22) + 19h + 45min + 48s + microseconds(123);
  CHECK(format_utc(time) == "2026-11-22T19:45:48.000123Z");
  CHECK(format_utc(UtcTime{}) == "1970-01-01T00:00:00.000000Z");
  CHECK(format_utc(UtcTime{microseconds(-1)}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_date(2026y / November / 22) == "2026-11-22");
  CHECK(utc_date(time) == 2026y / November / 22);
  CHECK(utc_date(UtcTime{microseconds(-1)}) == 1969y / December / 31);
}

TEST_CASE("what is written is read back") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 5'000; ++round) {
    // Years 1 to about 9000.
    const auto us = static_cast<std::int64_t>(random() % 283'000'000'000'000'000ull);
    const UtcTime time{microseconds(us) - days(719'000)};
    CHECK(parse_utc(format_utc(time)) == time);
    CHECK(parse_date(format_date(utc_date(time))) == utc_date(time));
  }
}

TEST_CASE("0 to 6 digits of a fraction are read") {
  const UtcTime whole = sys_days(2026y / November / 22) + 19h + 45min + 48s;
  CHECK(parse_utc("2026-11-22T19:45:48Z") == whole);
  CHECK(parse_utc("2026-11-22T19:45:48.5Z") == whole + 500ms);
  CHECK(parse_utc("2026-11-22T19:45:48.000001Z") == whole + 1us);
}

TEST_CASE("other forms of a time are refused") {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T19:45:48", "2026-11-22t19:45:48Z", "2026-11-22T19:45:48z",
        "2026-11-22 19:45:48Z", "2026-11-22T24:00:00Z", "2026-11-22T23:60:00Z",
        "2026-11-22T23:59:60Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-22T19:45:48.Z", "2026-11-22T19:45:48.0000001Z", "2026-11-22T19:45:48+00:00",
        "2026-11-22T19:45:48,5Z", "2026-11-22T19:45:4 Z", "2026-11-22T-9:45:48Z",
        "2026-11-22T19:45:48.00000aZ"}) {
    INFO(text);
    CHECK_FALSE(parse_utc(text).has_value());
  }
  for (const char* text : {"", "2026-1-2", "2026-02-30", "2026-00-01", "2026-01-00", "26-01-01",
                           "2026/01/01", "2026-01-011", "+026-01-01"}) {
    INFO(text);
    CHECK_FALSE(parse_date(text).has_value());
  }
  CHECK(parse_date("2024-02-29").has_value());
}

TEST_CASE("a time cut or changed anywhere is a time or refused") {
  const std::string sound = "2026-11-22T19:45:48.000123Z";
  for (std::size_t length = 0; length < sound.size(); ++length) {
    CHECK_FALSE(parse_utc(sound.substr(0, length)).has_value());
  }
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = sound;
      text[at] = static_cast<char>(byte);
      if (const auto time = parse_utc(text)) CHECK(format_utc(*time) == text);
    }
  }
}
