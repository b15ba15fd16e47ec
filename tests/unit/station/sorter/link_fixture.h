// What tests of links share: a station's end whose alarms and triggers are written down.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "station/sorter.h"

namespace backstamp::test {

using namespace std::chrono_literals;

/// Waits until it holds; false when it does not within a generous time.
inline bool soon(const std::function<bool()>& holds, std::chrono::milliseconds limit = 10s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// What the station's end told. Thread-safe.
class Told {
 public:
  AlarmSink alarms() {
    return [this](const Alarm& alarm) {
      const std::lock_guard lock(mutex_);
      alarms_.push_back(alarm);
    };
  }
  station::SorterInput input() {
    return {[this](const station::Trigger& trigger) {
              const std::lock_guard lock(mutex_);
              triggers_.push_back(trigger);
            },
            [this](std::uint32_t lane, station::MachineState state) {
              const std::lock_guard lock(mutex_);
              machine_.emplace_back(lane, state);
            }};
  }
  /// The alarms of this name that were raised (or taken back).
  std::vector<Alarm> all(const std::string& name, bool raised) const {
    const std::lock_guard lock(mutex_);
    std::vector<Alarm> found;
    for (const Alarm& alarm : alarms_) {
      if (alarm.name == name && alarm.raised == raised) found.push_back(alarm);
    }
    return found;
  }
  std::size_t count(const std::string& name, bool raised) const { return all(name, raised).size(); }
  std::vector<station::Trigger> triggers() const {
    const std::lock_guard lock(mutex_);
    return triggers_;
  }
  std::vector<std::pair<std::uint32_t, station::MachineState>> machine() const {
    const std::lock_guard lock(mutex_);
    return machine_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Alarm> alarms_;
  std::vector<station::Trigger> triggers_;
  std::vector<std::pair<std::uint32_t, station::MachineState>> machine_;
};

/// A decision whose every field follows from `piece`, so that a mixture of two is seen.
inline station::SorterDecision decision_of(std::uint64_t piece, std::uint32_t lanes = 4) {
  station::SorterDecision decision;
  decision.lane = static_cast<std::uint32_t>(piece % lanes);
  decision.piece = piece;
  decision.machine_piece = piece * 7;
  if (piece % 3 != 0) decision.encoder = static_cast<std::uint32_t>(piece * 1000);
  decision.decision = static_cast<postal::Decision>(piece % 2);
  decision.reason = static_cast<postal::Reason>(piece % 16);
  decision.outlet = static_cast<std::uint16_t>(piece % 60'000);
  decision.late = piece % 5 == 0;
  decision.decided = std::chrono::steady_clock::now();
  decision.triggered = decision.decided - 20ms;
  return decision;
}

inline void check_decision(const station::SorterDecision& got, std::uint32_t lanes = 4) {
  const station::SorterDecision wanted = decision_of(got.piece, lanes);
  CHECK(got.lane == wanted.lane);
  CHECK(got.machine_piece == wanted.machine_piece);
  CHECK(got.encoder == wanted.encoder);
  CHECK(got.decision == wanted.decision);
  CHECK(got.reason == wanted.reason);
  CHECK(got.outlet == wanted.outlet);
  CHECK(got.late == wanted.late);
}

}  // namespace backstamp::test
