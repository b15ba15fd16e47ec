#include "station/sorter/link_watch.h"

namespace backstamp::station {
namespace {

std::string seconds(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

LinkWatch::LinkWatch(About about, AlarmSink alarms, SteadyTime now)
    : about_(std::move(about)), alarms_(std::move(alarms)), heard_(now) {}

void LinkWatch::heard(SteadyTime now) {
  heard_ = now;
  if (!lost_raised_) return;
  lost_raised_ = false;
  if (alarms_) alarms_({"sorter-lost", about_.source, false, "the control is there again", ""});
}

bool LinkWatch::tick(SteadyTime now) {
  const bool lost = !lost_raised_ && now - heard_ >= about_.silence;
  if (lost) raise_lost();
  if (nonsense_raised_ && now - nonsense_ >= kNonsenseCalm) {
    nonsense_raised_ = false;
    if (alarms_) {
      alarms_({"sorter-nonsense", about_.source, false,
               "no nonsense for " + std::to_string(kNonsenseCalm.count()) + " s", ""});
    }
  }
  return lost;
}

void LinkWatch::raise_lost() {
  lost_raised_ = true;
  if (!alarms_) return;
  alarms_({"sorter-lost", about_.source, true,
           "no control for " + seconds(about_.silence) + ": " + why_,
           "Until it is back, " + about_.fallback +
               ". Look at the machine's control, its network and the address it connects to."});
}

void LinkWatch::nonsense(SteadyTime now, std::string_view peer, std::string_view what) {
  nonsense_ = now;
  if (nonsense_raised_) return;
  nonsense_raised_ = true;
  if (!alarms_) return;
  alarms_({"sorter-nonsense", about_.source, true,
           std::string(peer) + " sent what follows no rule: " + std::string(what),
           "Find out what that machine is and keep it from this port, or mend its program."});
}

}  // namespace backstamp::station
