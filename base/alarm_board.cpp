#include "base/alarm_board.h"

namespace backstamp {

void AlarmBoard::take(const Alarm& alarm) {
  const std::lock_guard lock(mutex_);
  const std::pair key{alarm.name, alarm.source};
  const auto stands = standing_.find(key);
  if (alarm.raised && stands != standing_.end()) {
    stands->second.alarm = alarm;
    return;
  }
  if (!alarm.raised && stands == standing_.end()) return;
  if (alarm.raised) {
    standing_.emplace(key, StandingAlarm{alarm, utc_now()});
    ++raised_[alarm.name];
  } else {
    standing_.erase(stands);
  }
  if (changed_) changed_(alarm);
}

std::vector<StandingAlarm> AlarmBoard::standing() const {
  const std::lock_guard lock(mutex_);
  std::vector<StandingAlarm> all;
  for (const auto& [key, standing] : standing_) all.push_back(standing);
  return all;
}

std::map<std::string, std::uint64_t> AlarmBoard::raised() const {
  const std::lock_guard lock(mutex_);
  return raised_;
}

}  // namespace backstamp
