#include "station/station_watch.h"

#include <utility>

namespace backstamp::station {

void StationWatch::hold(const char* name, bool wrong, std::chrono::nanoseconds patience,
                        const std::string& cause, const char* remedy, SteadyTime now) {
  State& state = states_[name];
  if (!wrong) {
    state.wrong = false;
    if (std::exchange(state.raised, false)) alarms_({name, "station", false, "", ""});
    return;
  }
  if (!std::exchange(state.wrong, true)) state.since = now;
  if (now - state.since < patience || std::exchange(state.raised, true)) return;
  alarms_({name, "station", true, cause, remedy});
}

void StationWatch::count(const char* name, std::uint64_t value, const std::string& cause,
                         const char* remedy, SteadyTime now) {
  State& state = states_[name];
  if (value > state.counted) {
    state.counted = value;
    state.since = now;
    if (!std::exchange(state.raised, true)) alarms_({name, "station", true, cause, remedy});
  } else if (state.raised && now - state.since >= kCalm) {
    state.raised = false;
    alarms_({name, "station", false, "", ""});
  }
}

void StationWatch::look(const StationFigures& figures, SteadyTime now) {
  // The journal keeps up while what was appended a moment ago is committed by now.
  const bool behind = figures.committed < waiting_for_;
  if (!behind) waiting_for_ = figures.appended;
  hold("journal-slow", behind, kJournalPatience, "events wait for the disk for more than 2 s",
       "look at the disk of journal.directory: other writers, its health, its free space", now);
  if (figures.has_uplink) {
    hold("uplink-down",
         figures.link == uplink::LinkState::down || figures.link == uplink::LinkState::connecting,
         kLinkPatience, "the data center does not answer; events wait in the journal",
         "look at the network and the data center; nothing is lost meanwhile", now);
    hold("uplink-refused", figures.link == uplink::LinkState::refused, std::chrono::seconds(0),
         "the data center refuses this station: " + figures.link_text,
         "enrol the station again, or mend uplink.server_key", now);
  }
  hold("keys-stale", figures.keys_stale, std::chrono::seconds(0),
       "nobody has confirmed for keys.stale_after that the key bundle is the newest",
       "look at the uplink, and whether the data center publishes keys", now);
  hold("clock-untrusted", figures.clock != "trusted", std::chrono::seconds(0),
       "the clock is not to be trusted: " + figures.clock,
       "set the machine's clock (chrony, timesyncd)", now);
  count("decoder-crashed", figures.workers.crashes,
        "a decode worker died on a picture; its piece was not read",
        "the picture lies under evidence in crash; send it to whoever keeps the reader", now);
  count("decoder-hung", figures.workers.killed,
        "a decode worker overran its time and was killed; its piece was not read",
        "the picture lies under evidence in crash; if there are many, lower read.effort", now);
}

}  // namespace backstamp::station
