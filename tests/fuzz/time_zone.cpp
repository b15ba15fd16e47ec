// Any bytes as a time zone file, or as the rule at its end: refused, or every moment has its place.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "station/sorter/zone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  using namespace std::chrono;
  const ByteView bytes(data, size);
  const auto moment = [](int i) { return sys_days(year(1890 + 7 * i) / 3 / 29) + hours(i); };
  if (const auto rule = station::ZoneRule::parse(as_text(bytes))) {
    for (int i = 0; i < 40; ++i) {
      const auto period = rule->at(moment(i));
      BACKSTAMP_ASSERT(period.begin <= moment(i) && moment(i) < period.end);
    }
  }
  const auto zone = station::Zone::parse(bytes);
  if (!zone) return 0;
  for (int i = 0; i < 40; ++i) {
    const sys_seconds time = moment(i);
    const auto period = zone->at(time);
    BACKSTAMP_ASSERT(period.begin <= time && time < period.end);
    const sys_seconds first = zone->first(local_seconds(time.time_since_epoch()));
    BACKSTAMP_ASSERT(first + zone->at(first).offset >= time);
    BACKSTAMP_ASSERT(first - 1s + zone->at(first - 1s).offset < time);
  }
  return 0;
}
