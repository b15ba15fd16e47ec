#include "station/sorter/zone.h"

#include <stdlib.h>
#include <time.h>

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "base/clock.h"
#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;
using backstamp::station::Zone;
using backstamp::station::ZoneRule;
using namespace std::chrono;

sys_seconds utc(const char* text) {
  return floor<seconds>(parse_utc(text).value());
}

seconds offset(const char* zone, const char* time) {
  return Zone::load(zone).value().at(utc(time)).offset;
}

/// A file of version 2 with the given 64-bit part and footer, as the compiler of zones writes them.
struct ZoneFile {
  std::vector<std::int64_t> times;
  std::vector<std::uint8_t> indices;
  std::vector<std::int32_t> offsets{0};
  std::string footer;

  static void put(Bytes& out, std::int64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }
  static void header(Bytes& out, std::size_t times, std::size_t types) {
    for (const char c : {'T', 'Z', 'i', 'f', '2'}) out.push_back(static_cast<std::uint8_t>(c));
    out.resize(out.size() + 15);
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{0}, std::size_t{0}, times, types, std::size_t{4}}) {
      put(out, static_cast<std::int64_t>(count), 4);
    }
  }
  Bytes bytes() const {
    Bytes out;
    header(out, 0, 1);
    out.resize(out.size() + 6 + 4);
    header(out, times.size(), offsets.size());
    for (const std::int64_t time : times) put(out, time, 8);
    out.insert(out.end(), indices.begin(), indices.end());
    for (const std::int32_t offset : offsets) {
      put(out, offset, 4);
      put(out, 0, 2);
    }
    for (const char c : {'L', 'M', 'T', '\0'}) out.push_back(static_cast<std::uint8_t>(c));
    for (const char c : "\n" + footer + "\n") out.push_back(static_cast<std::uint8_t>(c));
    return out;
  }
};

}  // namespace

TEST_CASE("clocks are put on and back when the database says so, and after its table") {
  CHECK(offset("America/New_York", "2026-03-08T06:59:59Z") == -18'000s);
  CHECK(offset("America/New_York", "2026-03-08T07:00:00Z") == -14'400s);
  CHECK(offset("America/New_York", "2026-11-01T05:59:59Z") == -14'400s);
  CHECK(offset("America/New_York", "2026-11-01T06:00:00Z") == -18'000s);
  CHECK(offset("Europe/Berlin", "2026-03-29T00:59:59Z") == 3'600s);
  CHECK(offset("Europe/Berlin", "2026-03-29T01:00:00Z") == 7'200s);
  CHECK(offset("Europe/Berlin", "2026-10-25T00:59:59Z") == 7'200s);
  CHECK(offset("Europe/Berlin", "2026-10-25T01:00:00Z") == 3'600s);
  CHECK(offset("Europe/Berlin", "2090-07-01T00:00:00Z") == 7'200s);
  CHECK(offset("Australia/Lord_Howe", "2026-04-04T14:59:59Z") == 39'600s);
  CHECK(offset("Australia/Lord_Howe", "2026-04-04T15:00:00Z") == 37'800s);
  CHECK(offset("Australia/Lord_Howe", "2026-10-03T15:29:59Z") == 37'800s);
  CHECK(offset("Australia/Lord_Howe", "2026-10-03T15:30:00Z") == 39'600s);
  CHECK(offset("Asia/Kathmandu", "1985-12-31T18:29:59Z") == 19'800s);
  CHECK(offset("Asia/Kathmandu", "1985-12-31T18:30:00Z") == 20'700s);
  CHECK(offset("Asia/Kathmandu", "2026-11-26T18:15:00Z") == 20'700s);
  CHECK(offset("Pacific/Apia", "2011-12-30T09:59:59Z") == -36'000s);
  CHECK(offset("Pacific/Apia", "2011-12-30T10:00:00Z") == 50'400s);
  CHECK(offset("America/Nuuk", "2026-03-29T00:59:59Z") == -7'200s);
  CHECK(offset("America/Nuuk", "2026-03-29T01:00:00Z") == -3'600s);
  CHECK(offset("Europe/Dublin", "2026-12-01T00:00:00Z") == 0s);
  CHECK(offset("Europe/Dublin", "2026-07-01T00:00:00Z") == 3'600s);
}

TEST_CASE("the C library says the same of many zones and times") {
  std::mt19937_64 random(20261126);
  const char* before = ::getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  for (const char* name :
       {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu",
        "Pacific/Apia", "America/Nuuk", "Europe/Dublin", "Africa/Casablanca", "Asia/Gaza",
        "America/Sao_Paulo", "Antarctica/Troll", "Pacific/Chatham", "Asia/Tehran", "UTC"}) {
    const auto zone = Zone::load(name);
    REQUIRE(zone.has_value());
    ::setenv("TZ", name, 1);
    ::tzset();
    for (int i = 0; i < 4000; ++i) {
      // 1950 to 2200, and around the changes of 2026
      const auto time = i % 2 == 0 ? static_cast<time_t>(random() % 7'889'000'000ull) - 631'000'000
                                   : 1'767'225'600 + static_cast<time_t>(random() % 31'536'000);
      tm local{};
      REQUIRE(::localtime_r(&time, &local) != nullptr);
      INFO(name << " at " << time);
      const auto period = zone->at(sys_seconds(seconds(time)));
      REQUIRE(period.offset == seconds(local.tm_gmtoff));
      REQUIRE(period.begin <= sys_seconds(seconds(time)));
      REQUIRE(period.end > sys_seconds(seconds(time)));
    }
  }
  kept.empty() ? ::unsetenv("TZ") : ::setenv("TZ", kept.c_str(), 1);
  ::tzset();
}

TEST_CASE(
    "a local time that was skipped is reached when clocks jump, one that comes twice at first") {
  const Zone berlin = Zone::load("Europe/Berlin").value();
  const auto local = [](const char* text) { return local_seconds(utc(text).time_since_epoch()); };
  CHECK(berlin.first(local("2026-03-29T02:30:00Z")) == utc("2026-03-29T01:00:00Z"));
  CHECK(berlin.first(local("2026-10-25T02:30:00Z")) == utc("2026-10-25T00:30:00Z"));
  CHECK(berlin.first(local("2026-11-26T12:00:00Z")) == utc("2026-11-26T11:00:00Z"));
  const Zone apia = Zone::load("Pacific/Apia").value();  // 30 December 2011 was left out
  CHECK(apia.first(local("2011-12-30T12:00:00Z")) == utc("2011-12-30T10:00:00Z"));
}

TEST_CASE("names that leave the database, and names of nothing, are refused") {
  for (const char* name : {"", "/etc/passwd", "../etc/passwd", "Europe/../../x", "Europe/", "a//b",
                           "Europe/Berlin ", ".hidden", "+x"}) {
    INFO(name);
    const auto zone = Zone::load(name);
    REQUIRE_FALSE(zone.has_value());
    CHECK(zone.error().kind == ErrorKind::invalid);
  }
  CHECK(Zone::load("Europe/Atlantis").error().kind == ErrorKind::not_found);
  CHECK_FALSE(Zone::load("Europe").has_value());  // a folder
}

TEST_CASE("a zone comes from the folder that TZDIR names, and damage is told with its file") {
  const test::TemporaryFolder folder;
  ::setenv("TZDIR", folder.path().c_str(), 1);
  ZoneFile file;
  file.footer = "XST-3";
  REQUIRE(write_file_durably(folder / "Own", file.bytes()).has_value());
  REQUIRE(write_file_durably(folder / "Bad", as_bytes("TZif2")).has_value());
  CHECK(Zone::load("Own").value().at(utc("2026-01-01T00:00:00Z")).offset == 3h);
  const auto bad = Zone::load("Bad");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().message.find("Bad") != std::string::npos);
  ::unsetenv("TZDIR");
}

TEST_CASE("a zone file that is cut short anywhere is refused") {
  ZoneFile file;
  file.times = {0, 1000};
  file.indices = {0, 1};
  file.offsets = {0, 3600};
  file.footer = "CET-1CEST,M3.5.0,M10.5.0/3";
  const Bytes whole = file.bytes();
  REQUIRE(Zone::parse(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(Zone::parse(ByteView(whole).first(size)).has_value());
  }
}

TEST_CASE("a zone file that contradicts itself is refused") {
  ZoneFile file;
  file.times = {1000, 1000};
  file.indices = {0, 0};
  CHECK_FALSE(Zone::parse(file.bytes()).has_value());
  file.times = {1000, 2000};
  file.indices = {0, 1};
  CHECK_FALSE(Zone::parse(file.bytes()).has_value());
  file.indices = {0, 0};
  CHECK(Zone::parse(file.bytes()).has_value());
  file.offsets = {100'000};
  CHECK_FALSE(Zone::parse(file.bytes()).has_value());
  file.offsets = {0};
  file.footer = "nonsense";
  CHECK_FALSE(Zone::parse(file.bytes()).has_value());
}

TEST_CASE("rules after the table are read strictly") {
  for (const char* rule :
       {"CET-1CEST,M3.5.0,M10.5.0/3", "<+0545>-5:45", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "EET-2EEST,M3.4.4/50,M10.4.4/50", "IST-1GMT0,M10.5.0,M3.5.0/1", "EST5EDT,0/0,J365/25",
        "AAA3", "AAA+3:30:15BBB2,J60/1:2:3,364"}) {
    INFO(rule);
    CHECK(ZoneRule::parse(rule).has_value());
  }
  for (const char* rule :
       {"", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
        "CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0/3x",
        "<+0545-5:45", "CET-1:60", "CET-1:", "CET--1", "CET-1CEST,M3.5.0,M10.5.0,", "<+1>-1"}) {
    INFO(rule);
    CHECK_FALSE(ZoneRule::parse(rule).has_value());
  }
}

TEST_CASE("a rule of summer time that never ends is always in it") {
  const ZoneRule rule = ZoneRule::parse("EST5EDT,0/0,J365/25").value();
  for (int day = 0; day < 1500; ++day) {
    CHECK(rule.at(utc("2026-01-01T00:00:00Z") + days(day) + 5h).offset == -4h);
  }
}
