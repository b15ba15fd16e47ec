// Discrete lines: pulses that divert, a line that says that decisions can be relied on, and inputs
// that are looked at every millisecond.
#pragma once

#include <thread>

#include "station/sorter/decision_ring.h"
#include "station/sorter/sockets.h"

namespace backstamp::station {

class LinesLink final : public SorterLink {
 public:
  LinesLink(const DiscreteConfig& config, std::unique_ptr<DiscreteLines> lines, SorterInput input,
            AlarmSink alarms, Bell bell);
  ~LinesLink() override;

  void decide(const SorterDecision& decision) override;
  void state(VisionState state) override;
  SorterCounters counters() const override;
  std::uint16_t port() const override { return 0; }

 private:
  void run(const std::stop_token& stop);
  void look(SteadyTime now);
  void drive(SteadyTime now);
  void next_pulse(SteadyTime now);
  void set(unsigned line, bool high);
  void failed(const Error& error);

  DiscreteConfig config_;
  std::unique_ptr<DiscreteLines> lines_;
  SorterInput input_;
  Bell bell_;
  DecisionRing ring_;
  std::string source_;
  AlarmSink alarms_;

  // Of the thread alone.
  std::uint64_t cursor_ = 1;
  bool divert_high_ = false;
  SteadyTime until_{};  ///< the end of the pulse, or of the pause after it
  std::optional<bool> ready_high_;
  std::optional<std::uint32_t> inputs_;
  bool failed_ = false;
  bool ok_ = false;  ///< something went well in this turn, and nothing failed

  std::atomic<bool> ready_{false};
  std::atomic<std::uint64_t> decisions_{0};
  std::atomic<std::uint64_t> late_{0};
  std::atomic<std::uint64_t> triggers_{0};
  std::atomic<std::uint64_t> links_lost_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> up_{false};
  std::jthread thread_;  ///< last: it ends first
};

}  // namespace backstamp::station
