#include "station/line/lane_watch.h"

#include <utility>

namespace backstamp::station {

LaneWatch::LaneWatch(const LineLane& lane, AlarmSink alarms)
    : lane_(lane.name),
      silence_(lane.silence),
      alarms_(std::move(alarms)),
      missing_(lane.cameras.size()),
      no_pictures_(lane.cameras.size()) {
  for (std::size_t i = 0; i < lane.cameras.size(); ++i) {
    const std::string name =
        i < lane.camera_names.size() ? lane.camera_names[i] : std::to_string(i + 1);
    cameras_.push_back(lane.name + "/" + name);
  }
}

void LaneWatch::raise(State& state, const char* name, const std::string& source, std::string cause,
                      const char* remedy, SteadyTime now) {
  state.last = now;
  if (std::exchange(state.raised, true)) return;
  alarms_({name, source, true, std::move(cause), remedy});
}

void LaneWatch::clear(State& state, const char* name, const std::string& source) {
  if (std::exchange(state.raised, false)) alarms_({name, source, false, "", ""});
}

void LaneWatch::clear_when_calm(State& state, const char* name, SteadyTime now) {
  if (now - state.last >= kCalm) clear(state, name, lane_);
}

void LaneWatch::triggered(SteadyTime now, bool by_machine) {
  last_trigger_ = now;
  clear(silent_, "triggers-silent", lane_);
  if (!by_machine) return;
  untriggered_ = 0;
  clear(no_triggers_, "trigger-lost", lane_);
}

void LaneWatch::untriggered(SteadyTime now) {
  if (++untriggered_ < kInARow) return;
  raise(no_triggers_, "trigger-lost", lane_,
        std::to_string(kInARow) + " pictures came one after the other without a trigger",
        "look at the photo cell, its cable and the sorter's link; check camera delay and window",
        now);
}

void LaneWatch::pictures(std::uint32_t missing, SteadyTime now) {
  for (std::size_t camera = 0; camera < missing_.size(); ++camera) {
    if ((missing >> camera & 1) == 0) {
      missing_[camera] = 0;
      clear(no_pictures_[camera], "no-pictures", cameras_[camera]);
    } else if (++missing_[camera] >= kInARow) {
      raise(no_pictures_[camera], "no-pictures", cameras_[camera],
            "no picture of " + std::to_string(kInARow) + " pieces one after the other",
            "look at the camera's own alarm; if there is none, at its trigger, delay and window",
            now);
    }
  }
}

void LaneWatch::decided(const postal::ScanEvent& event, SteadyTime now) {
  if (event.late) {
    raise(
        late_, "late-decisions", lane_,
        "piece " + std::to_string(event.piece) + " was decided " +
            std::to_string(event.latency.count() / 1000) + " ms after its trigger",
        "see which alarm stands beside it; else lower read.effort or give the station a core more",
        now);
  }
  if (event.shed == postal::Shed::reading) {
    raise(overload_, "overload", lane_, "there was no time to read a picture",
          "lower read.effort, feed slower, or give the station a core more", now);
  }
  if (!event.codes.empty()) {
    unread_ = 0;
    clear(no_reads_, "no-reads", lane_);
  } else if (++unread_ >= kNoReadsInARow) {
    raise(no_reads_, "no-reads", lane_,
          std::to_string(kNoReadsInARow) + " pieces one after the other were not read",
          "look at the newest pictures under evidence: focus, light, a dirty window, mail "
          "lying face down",
          now);
  }
}

void LaneWatch::machine(MachineState state, SteadyTime now) {
  running_ = state == MachineState::running;
  last_trigger_ = now;
  if (state == MachineState::jammed) {
    raise(jam_, "line-jam", lane_, "the machine says that the lane is jammed",
          "clear the lane; pieces that were in it are to be fed again", now);
  } else {
    clear(jam_, "line-jam", lane_);
  }
}

void LaneWatch::reversed(SteadyTime now) {
  raise(reversal_, "belt-reversed", lane_, "the encoder counted backwards",
        "nothing when somebody turned the belt back; else swap the encoder's channels", now);
}

void LaneWatch::tick(SteadyTime now) {
  clear_when_calm(late_, "late-decisions", now);
  clear_when_calm(overload_, "overload", now);
  clear_when_calm(reversal_, "belt-reversed", now);
  if (silence_.count() > 0 && running_ && now - last_trigger_ >= silence_) {
    raise(silent_, "triggers-silent", lane_,
          "the machine runs and no piece came for " + std::to_string(silence_.count()) + " ms",
          "an empty feeder, or a photo cell that sees nothing: look", now);
  }
}

}  // namespace backstamp::station
