#include "station/capture/alarms.h"

#include <utility>

namespace backstamp::station::capture {

void AlarmSet::tell(const std::string& name, const Raised& alarm, bool raised) const {
  if (sink_) sink_({name, source_, raised, alarm.cause, alarm.remedy});
}

void AlarmSet::raise(const std::string& name, std::string cause, std::string remedy,
                     SteadyTime now) {
  const auto [entry, is_new] = raised_.try_emplace(name);
  entry->second.last = now;
  if (!is_new) return;
  entry->second.cause = std::move(cause);
  entry->second.remedy = std::move(remedy);
  tell(name, entry->second, true);
}

void AlarmSet::over(const std::string& name) {
  const auto entry = raised_.find(name);
  if (entry == raised_.end()) return;
  tell(name, entry->second, false);
  raised_.erase(entry);
}

void AlarmSet::settle(SteadyTime now, std::chrono::milliseconds quiet, const std::string& except) {
  for (auto entry = raised_.begin(); entry != raised_.end();) {
    if (entry->first == except || now - entry->second.last < quiet) {
      ++entry;
      continue;
    }
    tell(entry->first, entry->second, false);
    entry = raised_.erase(entry);
  }
}

}  // namespace backstamp::station::capture
